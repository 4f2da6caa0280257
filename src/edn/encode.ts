import { InvalidOptionError } from "../base/errors.ts";
import { fits64Bits } from "./decode.ts";
import type { Form } from "./form.ts";
import { formatInstant, isWritable } from "./instant.ts";
import { MAX_DEPTH, readForm } from "./reader.ts";
import { canBeKeyword, isSafe } from "./token.ts";
import { EdnValue } from "./value.ts";

/**
 * A value that can be stored as a param: JSON values, bigints, dates, sets, maps, `NaN`, the
 * infinities, and any other EDN value as an `EdnValue`. Properties that are `undefined` are
 * omitted.
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

/**
 * Type `T` as a param: `T` itself, with `never` in place of members that cannot be stored. A member
 * of type `unknown` is checked at run time.
 */
export type Storable<T> = unknown extends T ? T
  : T extends ParamValue ? T
  : T extends ((...args: never[]) => unknown) | symbol | undefined ? never
  : T extends { toJSON(...args: never[]): unknown } ? T
  : T extends ReadonlySet<infer U> ? ReadonlySet<Storable<U>>
  : T extends ReadonlyMap<infer K, infer V> ? ReadonlyMap<Storable<K>, Storable<V>>
  : T extends readonly unknown[] ? { readonly [K in keyof T]: Storable<T[K]> }
  : T extends object ? StorableObject<T>
  : never;

/** An object whose members can all be stored as params. */
export type StorableObject<T> = {
  readonly [K in keyof T]: Storable<Exclude<T[K], undefined>> | Extract<T[K], undefined>;
};

/**
 * Encodes one value as EDN. With `where`, the name it is stored under, also rejects text that some
 * programs cannot read back; without it the value was read from a store.
 */
export function encode(value: ParamValue, where?: string): string {
  // Unreadable text cannot be nested in another value.
  if (value instanceof EdnValue && value.kind === "unreadable") return value.text;
  const encoder = new Encoder(where);
  const text = encoder.encode(value);
  if (encoder.needsCheck) requireReadable(text, value);
  return text;
}

/**
 * Rejects sets and maps with items that only JavaScript considers distinct, e.g. two equal dates.
 */
function requireReadable(text: string, value: unknown): Form {
  try {
    return readForm(text);
  } catch (cause) {
    return refuse(value, (cause as Error).message, "", cause);
  }
}

class Encoder {
  /** Whether the text must be parsed again to know that it is valid. */
  needsCheck = false;
  /** Objects that enclose the current value, to detect cycles. */
  readonly #around = new Set<unknown>();
  /** Path from the whole value to the current one, for messages. */
  readonly #path: string[] = [];
  readonly #where: string | undefined;

  constructor(where: string | undefined) {
    this.#where = where;
  }

  encode(value: unknown): string {
    if (this.#around.size > MAX_DEPTH) this.#refuse(value, "it is nested too deeply");
    switch (typeof value) {
      case "string":
        this.#checkText(value);
        // Clojure reads all escapes of JSON.
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
    return this.#refuse(value, KINDS);
  }

  #object(value: object): string {
    if (value instanceof EdnValue) return this.#edn(value);
    if (value instanceof Date) {
      if (!isWritable(value)) this.#refuse(value, "its year has no four digits");
      return `#inst "${formatInstant(value)}"`;
    }
    if (this.#around.has(value)) this.#refuse(value, "it contains itself");
    this.#around.add(value);
    const text = this.#collection(value);
    this.#around.delete(value);
    return text;
  }

  #edn(value: EdnValue): string {
    if (value.kind === "unreadable") {
      this.#refuse(value, "unreadable text has no place in another value");
    }
    this.needsCheck = true;
    const { text } = requireReadable(value.text, value);
    // A trailing comment would swallow the text that follows.
    if (text !== value.text) this.#refuse(value, "its text is more than one EDN value");
    return text;
  }

  #collection(value: object): string {
    // Iterates, because `map` skips holes.
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
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return this.encode(toJSON.call(value, ""));
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) this.#refuse(value, KINDS);
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return this.#entries(entries.map(([key, item]) => [this.#key(key), item, key]));
  }

  #key(key: string): string {
    this.#checkText(key);
    return encodeKey(key);
  }

  #checkText(text: string): void {
    if (this.#where === undefined) return;
    if (text.includes("\0")) this.#refuse(text, "text must not have the character U+0000");
    if (!text.isWellFormed()) {
      this.#refuse(text, "text must be valid Unicode, without half characters");
    }
  }

  #items(items: Iterable<unknown>): string {
    return Array.from(items, (item, at) => this.#within(String(at), item)).join(" ");
  }

  #entries(entries: readonly (readonly [edn: string, value: unknown, key?: string])[]): string {
    const texts = entries.map(([edn, item, key = edn]) => `${edn} ${this.#within(key, item)}`);
    return `{${texts.join(", ")}}`;
  }

  #within(key: string, item: unknown): string {
    this.#path.push(key);
    const text = this.encode(item);
    this.#path.pop();
    return text;
  }

  #refuse(value: unknown, reason: string): never {
    const place = [this.#where, this.#path.join(".")].filter(Boolean).join(", at ");
    return refuse(value, reason, place);
  }
}

const KINDS = "params and tags are text, numbers, bigints, booleans, null, dates, EdnValues, and " +
  "arrays, sets, maps and plain objects of these";

function refuse(value: unknown, reason: string, place: string, cause?: unknown): never {
  const shown = Deno.inspect(value, { depth: 2, breakLength: Infinity });
  throw new InvalidOptionError(
    `Cannot keep ${shown.length > 200 ? `${shown.slice(0, 200)}…` : shown}` +
      `${place === "" ? "" : ` as ${place}`}: ${reason}`,
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
  // Without a point or an exponent it would be read back as an integer, i.e. a bigint.
  return Number.isInteger(value) && !Number.isSafeInteger(value) && !text.includes("e")
    ? `${text}.0`
    : text;
}
