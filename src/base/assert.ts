/**
 * Run-time checks of callers' arguments, for JavaScript callers and values that types cannot check.
 */
import { InvalidNameError, InvalidOptionError, quote } from "./errors.ts";

/**
 * Throws `InvalidNameError` unless `value` is a string: an id or a name that another program may
 * have chosen.
 */
export function assertString(what: string, value: unknown): asserts value is string {
  if (typeof value === "string") return;
  throw new InvalidNameError(what, value, "not-text", "it must be a string");
}

/** Throws `InvalidOptionError` unless `value` is an object. */
export function assertObject(action: string, what: string, value: unknown): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new InvalidOptionError(`Cannot ${action}: ${what} must be an object, not ${quote(value)}`);
}

/** Throws `InvalidOptionError` unless `value` is `undefined` or a string. */
export function assertText(action: string, what: string, value: unknown): void {
  if (value === undefined || typeof value === "string") return;
  throw new InvalidOptionError(`Cannot ${action}: ${what} must be text, not ${quote(value)}`);
}

/**
 * Throws `InvalidOptionError` unless `value` is `undefined` or a string that every program reads
 * back unchanged: well-formed Unicode without U+0000.
 */
export function assertStorable(action: string, what: string, value: unknown): void {
  assertText(action, what, value);
  if (typeof value !== "string") return;
  if (value.includes("\0")) refuse("the character U+0000");
  if (!value.isWellFormed()) refuse("half a character, which is not valid Unicode");
  function refuse(has: string): never {
    throw new InvalidOptionError(`Cannot ${action}: ${what} must not have ${has}: ${quote(value)}`);
  }
}

/** Throws `InvalidOptionError` unless `value` is `undefined` or an integer of 0 or more. */
export function assertCount(action: string, what: string, value: unknown): void {
  if (value === undefined || Number.isSafeInteger(value) && (value as number) >= 0) return;
  throw new InvalidOptionError(
    `Cannot ${action}: ${what} must be a whole number, 0 or more, not ${quote(value)}`,
  );
}

/** Throws `InvalidOptionError` unless `value` is `undefined` or a valid date. */
export function assertDate(action: string, what: string, value: unknown): void {
  if (value === undefined || value instanceof Date && !Number.isNaN(value.getTime())) return;
  throw new InvalidOptionError(
    `Cannot ${action}: ${what} must be a valid Date, not ${quote(value)}`,
  );
}

/** Throws unless `ids` is an array of strings. */
export function assertIds(action: string, ids: unknown): void {
  if (!Array.isArray(ids)) {
    throw new InvalidOptionError(`Cannot ${action}: pass a list of ids, not ${quote(ids)}`);
  }
  for (const id of ids) assertString("a run id", id);
}

/**
 * Throws `InvalidOptionError` if `options` has a key that is not in `known`, usually a misspelled
 * one.
 */
export function assertKnownOptions(
  action: string,
  options: object,
  known: readonly string[],
): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new InvalidOptionError(
      `Cannot ${action}: there is no option ${quote(key)}; it takes ${known.join(", ")}`,
    );
  }
}
