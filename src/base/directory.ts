/** Checks of the directories that lead to a caller's path. */
import { dirname } from "@std/path";
import { codeOf } from "./fs_error.ts";
import { StorageError } from "./errors.ts";

/**
 * Returns the real path of a file's parent directory.
 *
 * @throws {StorageError} If the parent does not exist or is not a directory.
 */
export async function parentDirectory(path: string, action: string): Promise<string> {
  const directory = dirname(path);
  try {
    const real = await Deno.realPath(directory);
    if ((await Deno.stat(real)).isDirectory) return real;
  } catch (cause) {
    if (!isNotFound(cause)) throw cause;
    const state = `there is no directory ${JSON.stringify(directory)}; make it first`;
    throw new StorageError(action, state, { cause });
  }
  throw new StorageError(action, `${JSON.stringify(directory)} is a file, not a directory`);
}

/**
 * Checks that no directory on the way to a path is a file. The path itself may be anything, or
 * missing.
 *
 * @throws {StorageError} If one is.
 */
export async function requireNoFileOnPath(path: string, action: string): Promise<void> {
  try {
    await Deno.lstat(path);
  } catch (cause) {
    if (codeOf(cause as Error) !== "ENOTDIR") return; // Other errors are reported by the operation itself.
    const state = `a directory that ${
      JSON.stringify(path)
    } leads through is a file; choose another path`;
    throw new StorageError(action, state, { cause });
  }
}

/** Whether an error means that a path does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && ["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "") ||
    error instanceof Deno.errors.NotFound;
}
