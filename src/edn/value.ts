import { InvalidOptionError, quote } from "../base/errors.ts";
import { decode } from "./decode.ts";
import type { EdnKind } from "./kind.ts";
import { readForm } from "./reader.ts";

/**
 * A value that JavaScript has no form for, as chachaml's Clojure programs log them. It is written
 * back exactly as it was read.
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
   * What sort of value it is. `"integer"` is one with a suffix that a bigint would lose;
   * `"unreadable"` is text that is no EDN, or more than JavaScript can tell apart or nest.
   */
  readonly kind: EdnKind;
  /** Its exact EDN text. */
  readonly text: string;
  /**
   * Its JavaScript value: the name of a keyword, without its colon, or of a symbol; a
   * character as a string; a ratio or a decimal as the nearest number; an integer as a bigint; a
   * list as an array; the value behind a tag; unreadable text as it is.
   */
  readonly value: unknown;

  /** Makes a value of its parts, as reading does; `EdnValue.of` finds them out by itself. */
  constructor(kind: EdnKind, text: string, value: unknown) {
    this.kind = kind;
    this.text = text;
    this.value = value;
  }

  /**
   * The value of an EDN text, such as `:adam`, `1/3`, `1.5M` or `#uuid "…"`.
   *
   * @param text One value of EDN.
   * @returns The value.
   * @throws {InvalidOptionError} If it is no EDN, or a value that JavaScript has itself.
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

  /** Its EDN text. */
  toString(): string {
    return this.text;
  }

  /** What JSON can say of it: its `value`, with integers beyond the safe range as text. */
  toJSON(): unknown {
    return plain(this.value);
  }

  /** How a console shows it. */
  [Symbol.for("Deno.customInspect")](): string {
    return `EdnValue(${this.text})`;
  }
}

/** Makes a value, for {@linkcode decode}. */
export function makeEdnValue(kind: EdnKind, text: string, value: unknown): EdnValue {
  return new EdnValue(kind, text, value);
}

/** A value in the terms of JSON, for `JSON.stringify`, which knows neither sets nor bigints. */
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
