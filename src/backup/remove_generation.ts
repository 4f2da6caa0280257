/** Removes one of several backups: only the files that its records name. */
import { basename, dirname, join } from "@std/path";
import { moveDirectory } from "../bytes/files/make_directory.ts";
import { FileByteStore } from "../bytes/files/file_byte_store.ts";
import { StorageError } from "../base/errors.ts";
import { isThere, removeDatabase } from "../metadata/sqlite/database_files.ts";
import { PreviousSnapshot } from "../metadata/sqlite/previous_snapshot.ts";
import type { SqlDriver } from "../metadata/sqlite/sql_driver.ts";
import { placeIn } from "./place.ts";

/** Suffix of a directory whose removal has started; it no longer counts as a backup. */
export const REMOVING = ".removing";

/** Number of keys removed together. */
const PAGE = 1000;

/** Whether the removal of a directory was interrupted. */
export function isBeingRemoved(name: string): boolean {
  return /^\d{4}-\d\d-\d\dT[-\d]+Z(-\d+)?\.removing$/.test(name);
}

/**
 * Removes a backup.
 *
 * @throws {StorageError} If other files remain in its directory. They stay.
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
    // Only empty directories and internal files of the byte store remain.
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
