/** Shapes of arguments sent by clients. */
import { InvalidOptionError, quote } from "../../base/errors.ts";

/** Checks a value. `where` names it in messages. */
export type Shape = (value: unknown, where: string) => void;

/** Returns the shape of values that pass a test. */
function where(takes: string, test: (value: unknown) => boolean): Shape {
  return (value, where) => {
    if (test(value)) return;
    throw new InvalidOptionError(`Cannot do this: ${where} takes ${takes}, not ${quote(value)}`);
  };
}

/** Text without lone surrogates and U+0000. */
export const text: Shape = where(
  "text without U+0000",
  (value) => typeof value === "string" && value.isWellFormed() && !value.includes("\0"),
);

/** Nonnegative integer. */
export const count: Shape = where(
  "a whole number, 0 or more",
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
);

/** Integer. */
export const integer: Shape = where("a whole number", Number.isSafeInteger);

/** Any number. */
export const number: Shape = where("a number", (value) => typeof value === "number");

/** `true` or `false`. */
export const flag: Shape = where("true or false", (value) => typeof value === "boolean");

/** Valid date. */
export const date: Shape = where(
  "a date",
  (value) => value instanceof Date && !Number.isNaN(value.getTime()),
);

/** A SHA-256, lower-case hex. */
export const hash: Shape = where(
  "a SHA-256 in hex",
  (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value),
);

/** Any value; checked elsewhere. */
export const anything: Shape = () => {};

/** One of some values. */
export function oneOf(values: readonly unknown[]): Shape {
  return where(values.join(", "), (value) => values.includes(value));
}

/** Makes a shape nullable. */
export function nullable(shape: Shape): Shape {
  return (value, where) => value === null || shape(value, where);
}

/** Makes a shape optional. */
export function optional(shape: Shape): Shape {
  return (value, where) => value === undefined || shape(value, where);
}

/** A list, or a set. */
export function list(item: Shape): Shape {
  return (value, where) => {
    if (!Array.isArray(value) && !(value instanceof Set)) refuse(where, "a list", value);
    for (const each of value as Iterable<unknown>) item(each, where);
  };
}

/** A pair. */
export function pair(first: Shape, second: Shape): Shape {
  return (value, where) => {
    if (!Array.isArray(value) || value.length !== 2) return refuse(where, "two values", value);
    first(value[0], where);
    second(value[1], where);
  };
}

/** A map. */
export function mapOf(item: Shape, key: Shape = text): Shape {
  return (value, where) => {
    if (!(value instanceof Map)) return refuse(where, "a map", value);
    for (const [name, each] of value) {
      key(name, `a key of ${where}`);
      item(each, `${where} ${quote(name)}`);
    }
  };
}

/** An object with any keys. */
export function record(item: Shape): Shape {
  return (value, where) => {
    for (const [key, each] of Object.entries(objectOf(value, where))) {
      text(key, `a key of ${where}`);
      item(each, `${where} ${quote(key)}`);
    }
  };
}

/** An object with these keys and no others. */
export function object(members: Readonly<Record<string, Shape>>): Shape {
  return (value, where) => {
    const given = objectOf(value, where);
    const other = Object.keys(given).find((key) => !Object.hasOwn(members, key));
    if (other !== undefined) refuse(where, Object.keys(members).join(", "), other);
    for (const [key, shape] of Object.entries(members)) shape(given[key], key);
  };
}

/** Returns the intersection of shapes. */
export function all(...shapes: readonly Shape[]): Shape {
  return (value, where) => shapes.forEach((shape) => shape(value, where));
}

function objectOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  const isPlain = typeof value === "object" && value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain) refuse(where, "an object", value);
  return value as Readonly<Record<string, unknown>>;
}

function refuse(where: string, takes: string, value: unknown): never {
  throw new InvalidOptionError(`Cannot do this: ${where} takes ${takes}, not ${quote(value)}`);
}
