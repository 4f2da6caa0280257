/**
 * Parses EDN text into forms. `npm:edn-data` is unsuitable: it reads `1.5M` as 1.5 and
 * `9007199254740993` as …992, mishandles `1/3`, `0x1F` and `##NaN`, stops at `\(`, and accepts
 * `[1`, `"a`, `{:a}` and `1 2`, so neither exact text nor damage could be detected.
 */
import { EdnSyntaxError, type Form } from "./form.ts";
import { Identities } from "./identity.ts";
import { readCharacter, readName, readNumber } from "./token.ts";

/** Maximum depth of nesting, for reading and writing. */
export const MAX_DEPTH = 1000;

/** Characters that Clojure treats as whitespace; non-breaking spaces are not among them. */
const BLANKS = String.raw`\t-\r\x1c-\x20,\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000`;
const DELIMITERS = String.raw`"();[\\\]^{}`;
const BLANK = new RegExp(`[${BLANKS}]*`, "y");
const COMMENT = /;[^\n\r]*/y;
/** Extends to a blank or a delimiter; a number also ends at `#`. */
const TOKEN = new RegExp(`[^${BLANKS}${DELIMITERS}]*`, "y");
const NUMBER = new RegExp(String.raw`[-+]?\d[^#${BLANKS}${DELIMITERS}]*`, "y");
const STRING_PART = /[^"\\]*/y;
const STRING_ESCAPE = /\\(?:u([\dA-Fa-f]{4})|([0-7]{1,3})|([tbnrf"\\]))/y;

const ESCAPES: Readonly<Record<string, string>> = {
  t: "\t",
  b: "\b",
  n: "\n",
  r: "\r",
  f: "\f",
  '"': '"',
  "\\": "\\",
};

const SYMBOLIC: ReadonlyMap<string, number> = new Map([
  ["NaN", NaN],
  ["Inf", Infinity],
  ["-Inf", -Infinity],
]);

/**
 * Parses a text that holds exactly one form.
 *
 * @throws {EdnSyntaxError} If it holds none, several, or invalid EDN.
 */
export function readForm(text: string): Form {
  return new Reader(text).readOnly();
}

class Reader {
  readonly #text: string;
  readonly #identities = new Identities();
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readOnly(): Form {
    const form = this.#read();
    this.#skip();
    if (this.#at < this.#text.length) throw new EdnSyntaxError("it has more than one value");
    return form;
  }

  /** Reads the next form. */
  #read(): Form {
    this.#skip();
    const start = this.#at;
    const form = this.#readAt(start);
    form.text = this.#text.slice(start, this.#at);
    return form;
  }

  /** Reads a nested form, within the limit on depth that protects the stack. */
  #within<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw new EdnSyntaxError("it is nested too deeply");
    const result = read();
    this.#depth--;
    return result;
  }

  /** Reads a form; `text` is still empty unless the form is a single token. */
  #readAt(start: number): Form {
    switch (this.#text[start]) {
      case undefined:
        throw new EdnSyntaxError("it ends too early");
      case '"':
        return { type: "plain", value: this.#string(), text: "" };
      case "(":
        return { type: "list", items: this.#items(1, ")"), text: "" };
      case "[":
        return { type: "vector", items: this.#items(1, "]"), text: "" };
      case "{":
        return this.#map(undefined);
      case "\\":
        return this.#character();
      case "#":
        return this.#dispatch();
    }
    const number = this.#match(NUMBER)?.[0];
    if (number !== undefined) return readNumber(number);
    const name = this.#match(TOKEN)?.[0];
    if (!name) throw new EdnSyntaxError(`it has ${JSON.stringify(this.#text[start])} out of place`);
    return readName(name);
  }

  /** Skips blanks, comments and discarded forms. */
  #skip(): void {
    for (;;) {
      this.#match(BLANK);
      if (this.#match(COMMENT)) continue;
      if (!this.#text.startsWith("#_", this.#at)) return;
      this.#at += 2;
      // A discarded form may itself start with a discard.
      this.#within(() => this.#read());
    }
  }

  #items(opening: number, close: string): Form[] {
    this.#at += opening;
    const items: Form[] = [];
    for (;;) {
      this.#skip();
      if (this.#text[this.#at] === close) break;
      items.push(this.#within(() => this.#read()));
    }
    this.#at++;
    return items;
  }

  #map(namespace: string | undefined): Form {
    const items = this.#items(1, "}");
    if (items.length % 2 === 1) throw new EdnSyntaxError("it has a map with a key and no value");
    if (namespace !== undefined) {
      for (let at = 0; at < items.length; at += 2) items[at] = qualify(items[at]!, namespace);
    }
    this.#requireDistinct(items.filter((_, at) => at % 2 === 0));
    return { type: "map", items, text: "" };
  }

  #requireDistinct(forms: readonly Form[]): void {
    if (forms.length < 2) return;
    if (new Set(forms.map((form) => this.#identities.of(form))).size < forms.length) {
      throw new EdnSyntaxError("it has a set or a map with two equal items or keys");
    }
  }

  #dispatch(): Form {
    const next = this.#text[this.#at + 1] ?? "";
    if (next === "{") {
      const items = this.#items(2, "}");
      this.#requireDistinct(items);
      return { type: "set", items, text: "" };
    }
    if (next === "#") {
      this.#at += 2;
      const name = this.#within(() => this.#read());
      const value = name.type === "symbol" ? SYMBOLIC.get(name.name) : undefined;
      if (value === undefined) throw new EdnSyntaxError("it has an unknown symbolic value");
      return { type: "plain", value, text: "" };
    }
    this.#at++;
    const token = this.#match(TOKEN)![0];
    const name = token === "" ? undefined : readName(token);
    if (name?.type === "keyword" && !name.name.includes("/")) {
      this.#match(BLANK);
      if (this.#text[this.#at] === "{") return this.#map(name.name);
    }
    if (name?.type !== "symbol" || !/^\p{L}/u.test(token)) {
      throw new EdnSyntaxError("it has an invalid tag");
    }
    return { type: "tagged", tag: name.name, item: this.#within(() => this.#read()), text: "" };
  }

  #string(): string {
    this.#at++;
    const parts: string[] = [];
    for (;;) {
      parts.push(this.#match(STRING_PART)![0]);
      if (this.#text[this.#at] === '"') break;
      const [escape, hex, octal, letter] = this.#match(STRING_ESCAPE) ?? [];
      const code = hex === undefined ? parseInt(octal!, 8) : parseInt(hex, 16);
      if (escape === undefined || octal !== undefined && code > 0o377) {
        throw new EdnSyntaxError("it has a string without end, or with an unknown escape");
      }
      parts.push(letter === undefined ? String.fromCharCode(code) : ESCAPES[letter]!);
    }
    this.#at++;
    return parts.join("");
  }

  #character(): Form {
    const start = this.#at;
    this.#at += 2;
    this.#match(TOKEN);
    const text = this.#text.slice(start, this.#at);
    return readCharacter(text.slice(1), text);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) return undefined;
    this.#at += found[0].length;
    return found;
  }
}

/** Qualifies a key of a map `#:namespace{…}`; the namespace `_` means none. */
function qualify(key: Form, namespace: string): Form {
  if (key.type !== "keyword" && key.type !== "symbol") return key;
  const [own, rest] = key.name.split("/", 2);
  if (rest !== undefined && own !== "_" && own !== "") return key;
  const name = own === "_" && rest ? rest : `${namespace}/${key.name}`;
  return { type: key.type, name, text: key.type === "keyword" ? `:${name}` : name };
}
