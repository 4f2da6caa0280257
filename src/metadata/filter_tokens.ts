/** The words of a filter. */
import { InvalidOptionError } from "../base/errors.ts";

/** A filter or an order that breaks the grammar. */
export class FilterError extends InvalidOptionError {
  /** Where in the text, counted in UTF-16 code units from 0. */
  readonly position: number;

  /** Makes the error. */
  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

/** One word: a name, perhaps with quotes, a literal or a sign. */
export interface Token {
  /** What it is. A `quoted` word is a name or a text, depending on where it stands. */
  readonly type: "word" | "backtick" | "double" | "single" | "number" | "sign";
  /** Its text, without quotes. */
  readonly text: string;
  /** Where it begins. */
  readonly at: number;
}

const PATTERNS: readonly [Token["type"], RegExp][] = [
  ["single", /'((?:[^']|'')*)'/y],
  ["double", /"([^"]*)"/y],
  ["backtick", /`([^`]*)`/y],
  ["number", /(-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.\-/])/y],
  ["sign", /(<=|>=|!=|<|>|=|\(|\)|,)/y],
  ["word", /([\p{L}\p{N}_./-]+)/yu],
];

/** Characters of a filter: a list of some ten thousand run ids. */
const LONGEST = 500_000;

/** Splits a filter into its words. A `.` that joins two names belongs to the word before it. */
export function tokenize(filter: string): Token[] {
  if (filter.length > LONGEST) {
    throw new FilterError(
      `A filter has at most ${LONGEST} characters; this one has ${filter.length}`,
      LONGEST,
    );
  }
  const tokens: Token[] = [];
  for (let at = 0; at < filter.length;) {
    if (/\s/.test(filter[at]!)) {
      at++;
      continue;
    }
    const token = readToken(filter, at);
    if (!token) {
      throw new FilterError(
        `Invalid clause(s) in filter string: cannot read ${quoted(filter.slice(at))}`,
        at,
      );
    }
    tokens.push(token.token);
    at = token.end;
  }
  return tokens;
}

function readToken(filter: string, at: number): { token: Token; end: number } | undefined {
  for (const [type, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const match = pattern.exec(filter);
    if (!match) continue;
    const text = type === "single" ? match[1]!.replaceAll("''", "'") : match[1]!;
    return { token: { type, text, at }, end: pattern.lastIndex };
  }
}

/** The beginning of some text, in quotes, for a message. */
export function quoted(text: string): string {
  return `'${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`;
}
