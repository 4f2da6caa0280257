import { InvalidSourceError } from "../base/errors.ts";

/** What to do instead. */
const REMEDY = "pass text, bytes, a Blob, a stream, a Response, a file URL or a plain object";

/**
 * A value as JSON text. What JSON would change or lose without a word is refused, however deep it
 * lies; a property that is `undefined` is left out, as is usual.
 *
 * @throws {InvalidSourceError} If a part of it has no JSON form; the message says which, and where.
 */
export function jsonText(name: string, value: unknown): string {
  const paths = new Map<unknown, string>();
  const pathOf = (holder: unknown, key: string) => {
    const above = paths.get(holder);
    return above === undefined ? "" : above + step(holder, key);
  };
  // With `toJSON` called already, where there is one.
  function keep(this: unknown, key: string, part: unknown): unknown {
    const lost = lossOf(part, Array.isArray(this) || !paths.has(this));
    if (lost !== undefined) {
      const path = pathOf(this, key);
      const where = path === "" ? "" : `, at ${path},`;
      throw new InvalidSourceError(
        name,
        `a value of type ${lost}${where} has no JSON form; ${REMEDY}`,
      );
    }
    if (typeof part === "object") paths.set(part, pathOf(this, key));
    return part;
  }
  try {
    return JSON.stringify(value, keep);
  } catch (error) {
    if (error instanceof InvalidSourceError) throw error;
    throw new InvalidSourceError(name, `it has no JSON form: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** From a list or an object to one of its values. */
function step(holder: unknown, key: string): string {
  if (Array.isArray(holder)) return `[${key}]`;
  return /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** What kind of value JSON would lose; `undefined` of one that it keeps. */
function lossOf(part: unknown, needed: boolean): string | undefined {
  switch (typeof part) {
    case "number":
      return Number.isFinite(part) ? undefined : String(part);
    case "bigint":
      return "BigInt";
    case "object":
      return isPlain(part) ? undefined : part?.constructor?.name ?? "object";
    case "string":
    case "boolean":
      return undefined;
    case "undefined":
      return needed ? "undefined" : undefined;
    default:
      return typeof part;
  }
}

/** A Map, a Set, bytes or another class instance would lose its content. */
function isPlain(value: object | null): boolean {
  return value === null || Array.isArray(value) || "toJSON" in value ||
    [Object.prototype, null].includes(Object.getPrototypeOf(value));
}
