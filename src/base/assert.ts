/** What callers pass, checked: types are no help to those who write JavaScript. */
import { InvalidNameError, InvalidOptionError, quote } from "./errors.ts";

/** Refuses what is no id or name, though another program may have chosen it. */
export function assertString(what: string, value: unknown): asserts value is string {
  if (typeof value === "string") return;
  throw new InvalidNameError(what, value, "not-text", "it must be a string");
}

/** Refuses what is no object, such as options must be. */
export function assertObject(action: string, what: string, value: unknown): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new InvalidOptionError(`Cannot ${action}: ${what} must be an object, not ${quote(value)}`);
}

/** Refuses what is given, and no text. */
export function assertText(action: string, what: string, value: unknown): void {
  if (value === undefined || typeof value === "string") return;
  throw new InvalidOptionError(`Cannot ${action}: ${what} must be text, not ${quote(value)}`);
}

/** Refuses what is given, and no text that every program reads back as it was stored. */
export function assertStorable(action: string, what: string, value: unknown): void {
  assertText(action, what, value);
  if (typeof value !== "string") return;
  if (value.includes("\0")) refuse("the character U+0000");
  if (!value.isWellFormed()) refuse("half a character, which is not valid Unicode");
  function refuse(has: string): never {
    throw new InvalidOptionError(`Cannot ${action}: ${what} must not have ${has}: ${quote(value)}`);
  }
}

/** Refuses what is given, and no whole number of 0 or more. */
export function assertCount(action: string, what: string, value: unknown): void {
  if (value === undefined || Number.isSafeInteger(value) && (value as number) >= 0) return;
  throw new InvalidOptionError(
    `Cannot ${action}: ${what} must be a whole number, 0 or more, not ${quote(value)}`,
  );
}

/** Refuses what is given, and no valid date. */
export function assertDate(action: string, what: string, value: unknown): void {
  if (value === undefined || value instanceof Date && !Number.isNaN(value.getTime())) return;
  throw new InvalidOptionError(
    `Cannot ${action}: ${what} must be a valid Date, not ${quote(value)}`,
  );
}

/** Refuses what is no list of ids. */
export function assertIds(action: string, ids: unknown): void {
  if (!Array.isArray(ids)) {
    throw new InvalidOptionError(`Cannot ${action}: pass a list of ids, not ${quote(ids)}`);
  }
  for (const id of ids) assertString("a run id", id);
}

/** Refuses an option that there is not, which is often a mistyped one. */
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
