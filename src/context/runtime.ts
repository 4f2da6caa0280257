/** The version of Deno that the package takes. */
import { UnsupportedRuntimeError } from "../base/errors.ts";

/** The oldest minor version of Deno 2 that it works on. */
const OLDEST_MINOR = 7;

/**
 * Refuses a version of Deno that is too old.
 *
 * @throws {UnsupportedRuntimeError} If it is.
 */
export function requireRuntime(version: string = Deno.version.deno): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 2 || major === 2 && minor < OLDEST_MINOR) {
    throw new UnsupportedRuntimeError(version, `2.${OLDEST_MINOR}`);
  }
}
