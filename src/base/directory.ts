/** The directories that paths of callers lead through, and what is said where they are none. */
import { dirname } from "@std/path";
import { codeOf } from "./fs_error.ts";
import { StorageError } from "./errors.ts";

/**
 * The real path of the directory that a file is to be in.
 *
 * @throws {StorageError} If there is none.
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
 * Refuses a path that leads through a file; what is at its end, or that nothing is, does not matter.
 *
 * @throws {StorageError} If it does.
 */
export async function requirePassable(path: string, action: string): Promise<void> {
  try {
    await Deno.lstat(path);
  } catch (cause) {
    if (codeOf(cause as Error) !== "ENOTDIR") return; // Whoever uses it says what is wrong.
    const state = `a directory that ${
      JSON.stringify(path)
    } leads through is a file; choose another path`;
    throw new StorageError(action, state, { cause });
  }
}

/** Whether an error says that there is nothing at a path, nor can be. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && ["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "") ||
    error instanceof Deno.errors.NotFound;
}
