/** The backup at a place, and whether a backup of this store may replace it. */
import { option, type Phrase, phrase } from "../base/phrase.ts";
import { basename } from "@std/path";
import type { ByteStore } from "../bytes/byte_store.ts";
import { InvalidOptionError } from "../base/errors.ts";
import { COMPANIONS, isThere } from "../metadata/sqlite/database_files.ts";
import { chooseDriver } from "../metadata/sqlite/choose_driver.ts";
import { PreviousSnapshot } from "../metadata/sqlite/previous_snapshot.ts";
import type { StoreContext } from "../context/compose.ts";
import { statOrUndefined } from "./copy_artifacts.ts";
import type { Place } from "./place.ts";
import { unfinishedDirectories } from "./unfinished.ts";

/** Maximum number of artifacts checked to identify a directory. */
const SAMPLE = 100;

/**
 * Opens the backup at a place. Returns `undefined` if there is none.
 *
 * @throws {InvalidOptionError} If the store there is not a backup, or is the backup of another
 * store.
 * @throws {StorageError} If it is open elsewhere and could not be replaced.
 */
export async function openPrevious(
  { path }: Place,
  { driver }: StoreContext,
  origin: string,
  takeOver: boolean,
): Promise<PreviousSnapshot | undefined> {
  if (!await isThere(path)) {
    await refuseRemains(path);
    return undefined;
  }
  const previous = await PreviousSnapshot.open(path, driver ?? await chooseDriver("auto"));
  try {
    const found = previous.mark?.of;
    if (found === undefined) {
      refuse(path, "there is a store that is no backup; choose another directory");
    }
    if (found !== origin && !takeOver) {
      refuse(
        path,
        phrase`it holds the backup of ${
          JSON.stringify(found)
        }; choose another directory, or take it over (${
          option("takeOver", true)
        }) if that is this store's former place`,
      );
    }
    return previous;
  } catch (error) {
    previous.close();
    throw error;
  }
}

/** Rejects a journal without its database: SQLite would apply it to the new database. */
async function refuseRemains(path: string): Promise<void> {
  for (const companion of COMPANIONS) {
    if (!await isThere(path + companion)) continue;
    const file = JSON.stringify(basename(path) + companion);
    refuse(path, `there is ${file} of a database that is gone; move it elsewhere`);
  }
}

/**
 * Counts the runs of a backup that are no longer in the store. Unless `takeOver` is set, throws if
 * that is all of them: the store may have been replaced by another, and the backup would lose
 * everything.
 *
 * @throws {InvalidOptionError} If the store has none of the runs.
 */
export async function countDroppedRuns(
  previous: PreviousSnapshot,
  { path }: Place,
  source: StoreContext,
  takeOver: boolean,
): Promise<number> {
  let [all, dropped] = [0, 0];
  for await (const ids of previous.runIds()) {
    all += ids.length;
    dropped += ids.length - (await source.metadata.runs.known(ids)).size;
  }
  if (all > 0 && dropped === all && !takeOver) {
    refuse(
      path,
      phrase`of its ${all} runs this store has none; choose another directory, or take it over (${
        option("takeOver", true)
      }) if they are not needed any more`,
    );
  }
  return dropped;
}

/**
 * Checks that the artifact directory belongs to the backup. A directory that was copied or mounted
 * elsewhere is recognized by its files.
 *
 * @throws {InvalidOptionError} If it is another directory, unless `takeOver` is set.
 */
export async function requireSameDirectory(
  previous: PreviousSnapshot,
  { path, artifactDir }: Place,
  bytes: ByteStore,
  takeOver: boolean,
): Promise<void> {
  const noted = previous.mark?.directory;
  if (
    takeOver || noted === undefined ||
    noted === await directoryIdentity(artifactDir).catch(() => undefined)
  ) return;
  let looked = 0;
  for await (const { record, problem } of previous.artifacts()) {
    if (problem) continue;
    if ((await statOrUndefined(bytes, record.path))?.size === record.size) return;
    if (++looked === SAMPLE) break;
  }
  if (looked === 0) return;
  refuse(
    path,
    phrase`${
      JSON.stringify(artifactDir)
    } is not the directory of the backup there, and has none of its files; put that directory back, choose another place, or take it over (${
      option("takeOver", true)
    })`,
  );
}

/** Returns the identity of a directory, which changes when it is copied or mounted elsewhere. */
export async function directoryIdentity(path: string): Promise<string> {
  const { dev, ino } = await Deno.lstat(path);
  return `${dev}:${ino}`;
}

/**
 * Prepares a directory without a database for a first backup, or for continuing an interrupted one.
 *
 * @returns Keys of the files that an interrupted backup has copied.
 * @throws {InvalidOptionError} If the directory holds other files, unless `takeOver` is set.
 */
export async function claimPlace(
  place: Place,
  bytes: ByteStore,
  takeOver: boolean,
): Promise<Set<string>> {
  const directories = await unfinishedDirectories(place);
  const leftovers = new Set<string>();
  for await (const { key, kind, state } of bytes.list()) {
    if (kind === "directory" || state === "staged" || state === "abandoned") continue;
    if (kind === "file" && directories?.has(key.split("/", 1)[0]!)) {
      leftovers.add(key);
      continue;
    }
    if (takeOver) continue;
    refuse(
      place.path,
      phrase`beside it is ${
        JSON.stringify(key)
      }, which is of no backup; choose another directory, or take it over (${
        option("takeOver", true)
      })`,
    );
  }
  return leftovers;
}

function refuse(path: string, state: string | Phrase): never {
  throw new InvalidOptionError(phrase`Cannot back up to ${JSON.stringify(path)}: ${state}`);
}
