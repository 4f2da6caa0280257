/** The runtime that the package takes. */
import { UnsupportedRuntimeError } from "../base/errors.ts";

/** The oldest minor version of Deno 2 that it works on. */
const OLDEST_MINOR = 7;

/**
 * Refuses a version of Deno that is too old, and anything that is not Deno.
 *
 * @throws {UnsupportedRuntimeError} If it is.
 */
export function requireRuntime(version: string | undefined = versionOfDeno()): void {
  if (version === undefined) throw new UnsupportedRuntimeError(version, `2.${OLDEST_MINOR}`);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 2 || major === 2 && minor < OLDEST_MINOR) {
    throw new UnsupportedRuntimeError(version, `2.${OLDEST_MINOR}`);
  }
}

function versionOfDeno(): string | undefined {
  return (globalThis as { Deno?: { version?: { deno?: string } } }).Deno?.version?.deno;
}
