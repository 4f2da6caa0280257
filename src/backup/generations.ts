/** Several backups in one directory, named by time, that share equal files. */
import { option, phrase } from "../base/phrase.ts";
import { join } from "@std/path";
import { moveDirectory } from "../bytes/files/make_directory.ts";
import { FileByteStore } from "../bytes/files/file_byte_store.ts";
import { noteOwner } from "../bytes/files/owner.ts";
import { InvalidOptionError, StorageError } from "../base/errors.ts";
import { fsError } from "../base/fs_error.ts";
import type { StoreContext } from "../context/compose.ts";
import { chooseDriver } from "../metadata/sqlite/choose_driver.ts";
import { isThere } from "../metadata/sqlite/database_files.ts";
import type { PreviousSnapshot } from "../metadata/sqlite/previous_snapshot.ts";
import { backUpTo, originOf } from "./single_backup.ts";
import type { BackupOptions, BackupReport } from "./options.ts";
import { type Place, placeIn } from "./place.ts";
import { openPrevious } from "./previous.ts";
import { isBeingRemoved, removeGeneration, REMOVING } from "./remove_generation.ts";

/** Directory of a backup until it is complete; an interrupted one is continued there. */
const NEXT = "next";

/** A time in UTC, in characters that are valid on Windows. */
const DATED = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ(-\d+)?$/;

/** One of several backups. */
export interface Generation extends Place {
  /** Name of its directory. */
  readonly name: string;
  /** Absolute path of its directory. */
  readonly directory: string;
}

/** Lists the backups in a directory, oldest first. */
export async function generationsIn(directory: string): Promise<Generation[]> {
  const found: Generation[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      const place = placeIn(join(directory, name));
      if (!isDirectory || !DATED.test(name) || !await isThere(place.path)) continue;
      found.push({ name, directory: join(directory, name), ...place });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw fsError(error, `list ${JSON.stringify(directory)}`);
    }
  }
  return found.sort((a, b) => compareNames(a.name, b.name));
}

/** Adds a backup, and removes the oldest ones above `keep`. */
export async function backUpGeneration(
  source: StoreContext,
  directory: string,
  keep: number,
  options: BackupOptions,
): Promise<BackupReport> {
  const action = `back up to ${JSON.stringify(directory)}`;
  if (await isThere(placeIn(directory).path)) {
    throw new InvalidOptionError(
      phrase`Cannot ${action}: it holds a single backup; choose another directory for several (${
        option("keep")
      })`,
    );
  }
  const last = (await generationsIn(directory)).at(-1);
  const place = join(directory, NEXT);
  const base = last && await openBase(last, source, options);
  let report: BackupReport;
  try {
    report = await backUpTo(source, place, { ...options, takeOver: false }, base);
  } finally {
    base?.snapshot.close();
  }
  const name = await freeName(new Date(), directory);
  try {
    await moveDirectory(place, join(directory, name));
  } catch (error) {
    throw fsError(error, action);
  }
  const whole = placeIn(join(directory, name));
  await noteOwner(whole.artifactDir, whole.path);
  const { removed, failed } = await removeOldest(directory, keep, source);
  return { ...report, ...whole, removed, failed: [...report.failed, ...failed] };
}

/**
 * Opens the last backup, whose files the next one may share. Throws if it belongs to another store.
 */
async function openBase(
  last: Generation,
  source: StoreContext,
  { takeOver = false }: BackupOptions,
): Promise<{ snapshot: PreviousSnapshot; bytes: FileByteStore }> {
  const snapshot = await openPrevious(last, source, originOf(source), takeOver);
  return { snapshot: snapshot!, bytes: new FileByteStore(last.artifactDir, true) };
}

async function removeOldest(
  directory: string,
  keep: number,
  source: StoreContext,
): Promise<{ removed: string[]; failed: Error[] }> {
  const removed: string[] = [];
  const failed: Error[] = [];
  const oldest = (await generationsIn(directory)).slice(0, -keep).map((it) => it.directory);
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory && isBeingRemoved(name)) oldest.push(join(directory, name));
  }
  for (const generation of oldest) {
    try {
      await removeGeneration(generation, source.driver ?? await chooseDriver("auto"));
      removed.push(generation);
    } catch (error) {
      const action = `remove the backup ${JSON.stringify(generation)}`;
      const failure = fsError(error, action);
      failed.push(failure instanceof Error ? failure : new StorageError(action, String(failure)));
    }
  }
  return { removed, failed };
}

/** Returns the name for a backup made now, numbered if several start in one second. */
async function freeName(now: Date, directory: string): Promise<string> {
  const name = now.toISOString().replace(/\.\d+Z$/, "Z").replaceAll(":", "-");
  for (let count = 1;; count++) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    const taken = [candidate, candidate + REMOVING].map((it) => isThere(join(directory, it)));
    if (!(await Promise.all(taken)).includes(true)) return candidate;
  }
}

/** Orders by time, then by number. */
function compareNames(a: string, b: string): number {
  const [one, other] = [a, b].map((name) => name.split("Z")) as [string[], string[]];
  if (one[0] !== other[0]) return one[0]! < other[0]! ? -1 : 1;
  return Math.abs(Number(one[1] || 0)) - Math.abs(Number(other[1] || 0));
}
