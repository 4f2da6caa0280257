import { InvalidOptionError } from "../base/errors.ts";
import { fits64Bits } from "./decode.ts";
import type { Form } from "./form.ts";
import { formatInstant, isWritable } from "./instant.ts";
import { MAX_DEPTH, readForm } from "./reader.ts";
import { canBeKeyword, isSafe } from "./token.ts";
import { EdnValue } from "./value.ts";

/**
 * A value that can be kept as a param: what JSON has, and besides bigints, dates, sets, maps, `NaN`,
 * the infinities, and what EDN has beyond that. Properties that are `undefined` are left out.
 */
export type ParamValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Date
  | EdnValue
  | readonly ParamValue[]
  | ReadonlySet<ParamValue>
  | ReadonlyMap<ParamValue, ParamValue>
  | { readonly [key: string]: ParamValue | undefined };

/** Writes one value. */
export function encode(value: ParamValue): string {
  // The only one that has no place within another value.
  if (value instanceof EdnValue && value.kind === "unreadable") return value.text;
  const encoder = new Encoder();
  const text = encoder.encode(value);
  if (encoder.needsCheck) requireReadable(text, value);
  return text;
}

/** Refuses sets and maps whose items are distinct to JavaScript alone, such as two equal dates. */
function requireReadable(text: string, value: unknown): Form {
  try {
    return readForm(text);
  } catch (cause) {
    return refuse(value, (cause as Error).message, cause);
  }
}

class Encoder {
  /** Whether only reading tells that the text is sound. */
  needsCheck = false;
  /** The values that the one being written lies in. */
  readonly #around = new Set<unknown>();

  encode(value: unknown): string {
    if (this.#around.size > MAX_DEPTH) refuse(value, "it is nested too deeply");
    switch (typeof value) {
      case "string":
        // The escapes of JSON are among those that Clojure reads.
        return JSON.stringify(value);
      case "number":
        return encodeNumber(value);
      case "bigint":
        return isSafe(value) || !fits64Bits(value) ? `${value}N` : `${value}`;
      case "boolean":
        return String(value);
      case "object":
        return value === null ? "nil" : this.#object(value);
    }
    return refuse(value, KINDS);
  }

  #object(value: object): string {
    if (value instanceof EdnValue) return this.#edn(value);
    if (value instanceof Date) {
      if (!isWritable(value)) refuse(value, "its year has no four digits");
      return `#inst "${formatInstant(value)}"`;
    }
    if (this.#around.has(value)) refuse(value, "it contains itself");
    this.#around.add(value);
    const text = this.#collection(value);
    this.#around.delete(value);
    return text;
  }

  #edn(value: EdnValue): string {
    if (value.kind === "unreadable") refuse(value, "unreadable text has no place in another value");
    this.needsCheck = true;
    const { text } = requireReadable(value.text, value);
    // A comment behind the value would swallow what comes next.
    if (text !== value.text) refuse(value, "its text is more than one EDN value");
    return text;
  }

  #collection(value: object): string {
    // From the iterator, as map() would pass over holes.
    if (Array.isArray(value)) return `[${this.#items(value)}]`;
    if (value instanceof Set) {
      this.needsCheck ||= value.size > 1;
      return `#{${this.#items(value)}}`;
    }
    if (value instanceof Map) {
      this.needsCheck ||= value.size > 1;
      const entries = Array.from(value, ([key, item]) => [this.encode(key), item] as const);
      return this.#entries(entries);
    }
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) refuse(value, KINDS);
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return this.#entries(entries.map(([key, item]) => [encodeKey(key), item]));
  }

  #items(items: Iterable<unknown>): string {
    return Array.from(items, (item) => this.encode(item)).join(" ");
  }

  #entries(entries: readonly (readonly [key: string, value: unknown])[]): string {
    return `{${entries.map(([key, item]) => `${key} ${this.encode(item)}`).join(", ")}}`;
  }
}

const KINDS = "params and tags are text, numbers, bigints, booleans, null, dates, EdnValues, and " +
  "arrays, sets, maps and plain objects of these";

function refuse(value: unknown, reason: string, cause?: unknown): never {
  const shown = Deno.inspect(value, { depth: 2, breakLength: Infinity });
  throw new InvalidOptionError(
    `Cannot keep ${shown.length > 200 ? `${shown.slice(0, 200)}…` : shown}: ${reason}`,
    cause === undefined ? undefined : { cause },
  );
}

function encodeKey(key: string): string {
  return canBeKeyword(key) ? `:${key}` : JSON.stringify(key);
}

function encodeNumber(value: number): string {
  if (Number.isNaN(value)) return "##NaN";
  if (!Number.isFinite(value)) return value > 0 ? "##Inf" : "##-Inf";
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  // Without a point or an exponent it would be an integer, and come back as a bigint.
  return Number.isInteger(value) && !Number.isSafeInteger(value) && !text.includes("e")
    ? `${text}.0`
    : text;
}
