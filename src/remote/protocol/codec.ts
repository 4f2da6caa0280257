/**
 * Encoding of values as JSON. Besides JSON's own types it preserves dates, maps, sets, non-finite
 * numbers, bigints, `undefined`, typed arrays, EDN values and errors of the store.
 */
import { EdnValue, fromEdn } from "../../edn/mod.ts";
import { describeError, reviveError } from "./errors.ts";

/** A value that needs no encoding. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Maximum nesting depth of a value. */
const MAX_DEPTH = 500;

/** Encodes a value as text. */
export function encode(value: unknown): string {
  return JSON.stringify(toJson(value));
}

/**
 * Decodes a value encoded by {@linkcode encode}.
 *
 * @throws {SyntaxError} If the text is not of this form.
 */
export function decode(text: string): unknown {
  return fromJson(JSON.parse(text) as Json, 0);
}

/** Encodes other types as an object with a single key that starts with `$`. */
export function toJson(value: unknown): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value) && !Object.is(value, -0)) return value;
      return { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "bigint":
      return { $bigint: String(value) };
    case "undefined":
      return { $undefined: true };
    case "object":
      return value === null ? null : objectToJson(value);
    default:
      throw new TypeError(`Cannot send a ${typeof value} to a server`);
  }
}

function objectToJson(value: object): Json {
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Date) {
    const time = value.getTime();
    return { $date: Number.isNaN(time) ? null : time };
  }
  if (value instanceof Map) {
    return { $map: Array.from(value, ([key, item]) => [toJson(key), toJson(item)]) };
  }
  if (value instanceof Set) return { $set: Array.from(value, toJson) };
  if (value instanceof EdnValue) return { $edn: value.text };
  if (value instanceof Float64Array) return { $floats: bytesOf(value).toBase64() };
  if (value instanceof Error) return { $error: toJson(describeError(value)) };
  if (Symbol.iterator in value) return Array.from(value as Iterable<unknown>, toJson);
  const entries = Object.entries(value);
  if (entries.some(([key]) => key.startsWith("$"))) {
    return { $object: entries.map(([key, item]) => [key, toJson(item)]) };
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, toJson(item)]));
}

function fromJson(json: Json, depth: number): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (depth > MAX_DEPTH) throw new SyntaxError("The value is nested too deeply");
  const next = (item: Json) => fromJson(item, depth + 1);
  if (Array.isArray(json)) return json.map(next);
  const entries = Object.entries(json as { readonly [key: string]: Json });
  const [key, item] = entries[0] ?? [];
  if (key?.startsWith("$") && entries.length === 1) return special(key, item!, next);
  return Object.fromEntries(entries.map(([key, item]) => [key, next(item)]));
}

function special(key: string, item: Json, next: (item: Json) => unknown): unknown {
  switch (key) {
    case "$number":
      return Number(textOf(item));
    case "$bigint":
      return BigInt(textOf(item));
    case "$undefined":
      return undefined;
    case "$date":
      return new Date(item === null ? NaN : item as number);
    case "$map":
      return new Map(pairsOf(item).map(([key, value]) => [next(key), next(value)]));
    case "$set":
      return new Set(listOf(item).map(next));
    case "$edn":
      return fromEdn(textOf(item));
    case "$floats":
      return floatsOf(Uint8Array.fromBase64(textOf(item)));
    case "$error":
      return reviveError(next(item));
    case "$object":
      return Object.fromEntries(pairsOf(item).map(([key, value]) => [textOf(key), next(value)]));
  }
  throw new SyntaxError(`There is no kind of value ${JSON.stringify(key.slice(0, 100))}`);
}

function textOf(json: Json): string {
  if (typeof json === "string") return json;
  throw new SyntaxError("A value lacks its text");
}

function listOf(json: Json): readonly Json[] {
  if (Array.isArray(json)) return json;
  throw new SyntaxError("A value lacks its list");
}

function pairsOf(json: Json): readonly (readonly [Json, Json])[] {
  return listOf(json).map((pair) => {
    const [key, value] = listOf(pair);
    if (key === undefined || value === undefined) throw new SyntaxError("A value lacks a pair");
    return [key, value] as const;
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function floatsOf(bytes: Uint8Array): Float64Array {
  if (bytes.length % 8 !== 0) throw new SyntaxError("Columns of numbers are cut");
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
}
