/** Removes one backup of several: the files that its records name, and nothing else. */
import { basename, dirname, join } from "@std/path";
import { moveDirectory } from "../bytes/files/make_directory.ts";
import { FileByteStore } from "../bytes/files/file_byte_store.ts";
import { StorageError } from "../base/errors.ts";
import { isThere, removeDatabase } from "../metadata/sqlite/database_files.ts";
import { PreviousSnapshot } from "../metadata/sqlite/previous_snapshot.ts";
import type { SqlDriver } from "../metadata/sqlite/sql_driver.ts";
import { placeIn } from "./place.ts";

/** Ends the name of a directory that is being removed: it is no backup any more. */
export const REMOVING = ".removing";

/** Keys that are removed together. */
const PAGE = 1000;

/** Whether a directory is one whose removal was interrupted. */
export function isBeingRemoved(name: string): boolean {
  return /^\d{4}-\d\d-\d\dT[-\d]+Z(-\d+)?\.removing$/.test(name);
}

/**
 * Removes a backup.
 *
 * @throws {StorageError} If other files are left in its directory, which stay.
 */
export async function removeGeneration(directory: string, driver: SqlDriver): Promise<void> {
  let leaving = directory;
  if (!isBeingRemoved(basename(directory))) {
    leaving = join(dirname(directory), basename(directory) + REMOVING);
    await moveDirectory(directory, leaving);
  }
  const { path, artifactDir } = placeIn(leaving);
  if ((await Deno.lstat(artifactDir).catch(() => undefined))?.isDirectory) {
    const bytes = new FileByteStore(artifactDir, false);
    if (await isThere(path)) await removeFiles(path, bytes, driver);
    for await (const { key, kind } of bytes.list()) {
      if (kind === "directory") continue;
      const state = `${JSON.stringify(key)} is of no backup; remove it yourself`;
      throw new StorageError(`remove all of ${JSON.stringify(leaving)}`, state);
    }
    // Nothing is left but empty directories and what the byte store keeps for itself.
    await Deno.remove(artifactDir, { recursive: true });
  }
  await removeDatabase(path);
  await Deno.remove(leaving);
}

async function removeFiles(path: string, bytes: FileByteStore, driver: SqlDriver): Promise<void> {
  const snapshot = await PreviousSnapshot.open(path, driver);
  try {
    let keys = [...snapshot.leftovers()];
    for await (const { record, problem } of snapshot.artifacts()) {
      if (!problem) keys.push(record.path);
      if (keys.length < PAGE) continue;
      await bytes.removeAll(keys);
      keys = [];
    }
    await bytes.removeAll(keys);
  } finally {
    snapshot.close();
  }
}
