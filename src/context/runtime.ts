/** Supported runtimes. */
import { UnsupportedRuntimeError } from "../base/errors.ts";

/** Oldest supported minor version of Deno 2. */
const OLDEST_MINOR = 7;

/**
 * Checks that the runtime is a supported version of Deno.
 *
 * @throws {UnsupportedRuntimeError} If it is not.
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
