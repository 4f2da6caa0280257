import { InvalidOptionError, quote } from "../base/errors.ts";
import { decode } from "./decode.ts";
import type { EdnKind } from "./kind.ts";
import { readForm } from "./reader.ts";

/**
 * An EDN value that JavaScript has no type for, such as a keyword logged by a Clojure program. It
 * is written back exactly as it was read.
 *
 * @example Log a keyword
 * ```ts
 * import { EdnValue, openStore } from "@chachaml/store";
 *
 * await using store = await openStore({ inMemory: true });
 * const run = await store.startRun();
 * await run.logParams({ optimizer: EdnValue.of(":adam"), split: EdnValue.of("1/3") });
 * ```
 */
export class EdnValue {
  /**
   * Type of the value. `"integer"` has a suffix that a bigint would lose; `"unreadable"` is text
   * that is not valid EDN, is nested too deeply, or has items that JavaScript cannot keep apart.
   */
  readonly kind: EdnKind;
  /** Exact EDN text. */
  readonly text: string;
  /**
   * Closest JavaScript value: the name of a keyword (without colon) or symbol; a character as a
   * string; a ratio or decimal as the nearest number; an integer as a bigint; a list as an array;
   * the value after a tag; unreadable text as is.
   */
  readonly value: unknown;

  /** Creates a value from its parts. `EdnValue.of` derives them from the text. */
  constructor(kind: EdnKind, text: string, value: unknown) {
    this.kind = kind;
    this.text = text;
    this.value = value;
  }

  /**
   * Parses EDN text, such as `:adam`, `1/3`, `1.5M` or `#uuid "…"`.
   *
   * @param text Text of exactly one EDN value.
   * @returns The value.
   * @throws {InvalidOptionError} If the text is not EDN, or JavaScript has a type for its value.
   */
  static of(text: string): EdnValue {
    let value: unknown;
    try {
      value = decode(readForm(text), makeEdnValue);
    } catch (cause) {
      const reason = (cause as Error).message;
      throw new InvalidOptionError(`Cannot take ${quote(text)} for EDN: ${reason}`, { cause });
    }
    if (value instanceof EdnValue) return value;
    throw new InvalidOptionError(
      `Cannot make an EdnValue of ${quote(text)}: JavaScript has this value itself; ` +
        `use ${Deno.inspect(value)}`,
    );
  }

  /**
   * Returns the EDN text.
   *
   * @returns The text.
   */
  toString(): string {
    return this.text;
  }

  /**
   * Returns the closest JSON value, for `JSON.stringify`.
   *
   * @returns `value`, with bigints as text.
   */
  toJSON(): unknown {
    return plain(this.value);
  }

  /** Returns how a console shows the value. */
  [Symbol.for("Deno.customInspect")](): string {
    return `EdnValue(${this.text})`;
  }
}

/** Creates a value, for {@linkcode decode}. */
export function makeEdnValue(kind: EdnKind, text: string, value: unknown): EdnValue {
  return new EdnValue(kind, text, value);
}

/** Converts a value for `JSON.stringify`, which supports neither sets nor bigints. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof EdnValue) return value.toJSON();
  if (value instanceof Set || Array.isArray(value)) return Array.from(value, plain);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [plainKey(key), plain(item)]));
  }
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function plainKey(key: unknown): string {
  if (typeof key === "string") return key;
  return typeof key === "object" && !(key instanceof EdnValue)
    ? JSON.stringify(plain(key))
    : String(key);
}
