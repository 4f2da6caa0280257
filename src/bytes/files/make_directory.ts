import { ensureDir } from "@std/fs";
import { dirname } from "@std/path";
import { fsError } from "../../base/fs_error.ts";
import { syncDirectory } from "./directories.ts";

/**
 * Creates a directory with missing parents, durably: each parent with a new entry is synced, as far
 * as it may be opened.
 *
 * @param path Path of the directory.
 * @param mode Mode of the directory if it is created, minus the umask.
 */
export async function makeDirectory(path: string, mode?: number): Promise<void> {
  const parents: string[] = [];
  for (let at = path;; at = dirname(at)) {
    if (await isThere(at) || dirname(at) === at) break;
    parents.push(dirname(at));
  }
  if (mode === undefined || parents.length === 0) await ensureDir(path);
  else {
    await ensureDir(dirname(path));
    await Deno.mkdir(path, { mode }).catch((error) => {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    });
    await ensureDir(path);
  }
  for (const parent of parents.reverse()) await syncEntry(parent);
}

/** Renames a directory within its parent, durably. */
export async function moveDirectory(from: string, to: string): Promise<void> {
  if (await isThere(to)) throw new Deno.errors.AlreadyExists(`${JSON.stringify(to)} exists`);
  await Deno.rename(from, to);
  await syncEntry(dirname(to));
}

/** Syncs a directory with a new entry. A directory that may not be opened is left to the system. */
export async function syncEntry(directory: string): Promise<void> {
  const { state } = Deno.permissions.querySync({ name: "read", path: directory });
  // Avoids a prompt for a permission that is not needed otherwise.
  if (state !== "granted") return;
  try {
    await syncDirectory(directory);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return;
    if (error instanceof Deno.errors.PermissionDenied) return;
    throw fsError(error, `sync ${JSON.stringify(directory)}`);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    // A directory that cannot be inspected was not created here.
    return !(error instanceof Deno.errors.NotFound);
  }
}
