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

/**
 * A value of type `T` as a param: `T` itself, with `never` in place of what cannot be kept. Where a
 * type says nothing, as `unknown` does, the value is checked when it is stored.
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

/** An object whose members can be kept as params. */
export type StorableObject<T> = {
  readonly [K in keyof T]: Storable<Exclude<T[K], undefined>> | Extract<T[K], undefined>;
};

/**
 * Writes one value. `where` says what it is stored as, and has text refused that not every program
 * reads back; without it, the value is one that was read.
 */
export function encode(value: ParamValue, where?: string): string {
  // The only one that has no place within another value.
  if (value instanceof EdnValue && value.kind === "unreadable") return value.text;
  const encoder = new Encoder(where);
  const text = encoder.encode(value);
  if (encoder.needsCheck) requireReadable(text, value);
  return text;
}

/** Refuses sets and maps whose items are distinct to JavaScript alone, such as two equal dates. */
function requireReadable(text: string, value: unknown): Form {
  try {
    return readForm(text);
  } catch (cause) {
    return refuse(value, (cause as Error).message, "", cause);
  }
}

class Encoder {
  /** Whether only reading tells that the text is sound. */
  needsCheck = false;
  /** The values that the one being written lies in. */
  readonly #around = new Set<unknown>();
  /** The way from the whole value to the one being written, for messages. */
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
    // A comment behind the value would swallow what comes next.
    if (text !== value.text) this.#refuse(value, "its text is more than one EDN value");
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
  // Without a point or an exponent it would be an integer, and come back as a bigint.
  return Number.isInteger(value) && !Number.isSafeInteger(value) && !text.includes("e")
    ? `${text}.0`
    : text;
}
