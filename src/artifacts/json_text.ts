import { InvalidSourceError } from "../base/errors.ts";

/** Remedy in error messages. */
const REMEDY = "pass text, bytes, a Blob, a stream, a Response, a file URL or a plain object";

/**
 * Converts a value to JSON text. Throws for values that JSON would change or lose silently, at any
 * depth; properties that are `undefined` are omitted.
 *
 * @throws {InvalidSourceError} If a part of the value has no JSON form. The message names its path.
 */
export function jsonText(name: string, value: unknown): string {
  const paths = new Map<unknown, string>();
  const pathOf = (holder: unknown, key: string) => {
    const above = paths.get(holder);
    return above === undefined ? "" : above + step(holder, key);
  };
  // Called with the result of `toJSON`, if there is one.
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

/** Returns the path step from an array or object to one of its values. */
function step(holder: unknown, key: string): string {
  if (Array.isArray(holder)) return `[${key}]`;
  return /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** Returns the type of a value that JSON would lose; `undefined` for others. */
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

/**
 * Whether JSON preserves an object. A Map, Set, bytes or other class instance would lose its
 * content.
 */
function isPlain(value: object | null): boolean {
  return value === null || Array.isArray(value) || "toJSON" in value ||
    [Object.prototype, null].includes(Object.getPrototypeOf(value));
}
