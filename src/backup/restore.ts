import { option, phrase } from "../base/phrase.ts";
import { dirname, join } from "@std/path";
import { ensureDir } from "@std/fs";
import { requireOwn } from "../bytes/files/owner.ts";
import type { ArtifactRecord, IndexEntry } from "../metadata/artifact_index.ts";
import { fsError } from "../base/fs_error.ts";
import { FileByteStore } from "../bytes/files/file_byte_store.ts";
import { InvalidOptionError, StorageError } from "../base/errors.ts";
import { requirePassable } from "../base/directory.ts";
import { DEFAULT_PATH, locate } from "../context/location.ts";
import { displayable } from "../display/displayable.ts";
import { toPath } from "../base/path.ts";
import { openContext, type StoreContext } from "../context/compose.ts";
import { copyArtifacts, type CopyOutcome, foresee, type Omitted } from "./copy_artifacts.ts";
import { isDamaged, isOpenElsewhere, setAside } from "./damaged_database.ts";
import { DatabaseFile, isThere } from "./database_copy.ts";
import { overlaps, type Place, PLACE_LOCK } from "./destination.ts";
import { BACKUP_TABLE } from "./previous_backup.ts";
import { repair } from "./repair.ts";
import type { RestoreOptions } from "./restore_options.ts";

/** What has been brought back, or, with `dryRun`, would be. */
export interface RestoreReport {
  /** Absolute path of the store's database. */
  readonly path: string;
  /** Absolute path of its artifact directory. */
  readonly artifactDir: string;
  /** Whether the database is the backup's: there was none, or a damaged one. */
  readonly database: boolean;
  /** Where a damaged database has been moved to. */
  readonly setAside: string | undefined;
  /** Artifacts whose bytes have been brought back. */
  readonly restored: readonly ArtifactRecord[];
  /** Bytes of these. */
  readonly bytes: number;
  /** Artifacts that are missing or damaged still, and why. */
  readonly failed: readonly Omitted[];
}

/**
 * Brings a store back from a backup: to a place where there is none, or the files that a damaged store
 * has lost. What is whole is not touched, and rows of a database that is whole are never changed.
 *
 * @example
 * ```ts
 * import { openStore, restoreStore } from "@chachaml/store";
 * import assert from "node:assert/strict";
 *
 * const dir = await Deno.makeTempDir();
 * {
 *   await using store = await openStore({ path: `${dir}/work.db` });
 *   const run = await store.startRun({ id: "r1" });
 *   await run.put("weights", new Uint8Array(8));
 *   await store.backup(`${dir}/backup`);
 * }
 * const { restored } = await restoreStore(`${dir}/backup`, { path: `${dir}/again.db` });
 * assert.deepEqual(restored.map(({ name }) => name), ["weights"]);
 * await Deno.remove(dir, { recursive: true });
 * ```
 *
 * @param from Directory of the backup, or the database of any other store.
 * @param options Where the store is to be, and what to do with what is there.
 * @returns What has been brought back.
 * @throws {StoreNotFoundError} If there is no backup.
 * @throws {InvalidOptionError} If the store would be restored from itself.
 * @throws {NotAStoreError} If the backup is a file that is no database of a store.
 * @throws {StorageError} If the store's database is damaged, unless `database` is set; or if a path
 * leads through a file.
 */
export async function restoreStore(
  from: string | URL,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  const { database = false, dryRun = false, driver, artifactDir } = options;
  options.signal?.throwIfAborted();
  const path = toPath(options.path ?? DEFAULT_PATH);
  const given = toPath(from);
  const action = `restore ${JSON.stringify(path)}`;
  await requirePassable(given, action);
  await requirePassable(path, action);
  if (await isDirectory(path)) {
    throw new StorageError(
      action,
      phrase`it is a directory; name the store's database (${option("path")})`,
    );
  }
  const source = await openContext({
    path: await isDirectory(given) ? join(given, DEFAULT_PATH) : given,
    readOnly: true,
    ...(driver && { driver }),
  });
  try {
    const how = { path, ...(artifactDir !== undefined && { artifactDir }) };
    const place = { path, artifactDir: (await locate({ ...how, readOnly: true })).artifactDir };
    if (await overlaps(place, source)) {
      throw new InvalidOptionError(
        phrase`Cannot ${action} from itself, or from what lies in one place with it; name the store to restore by its path (${
          option("path")
        })`,
      );
    }
    if (!await isThere(path)) return await bringAll(source, place, false, options);
    if (!await isDamaged(how, driver)) {
      return reportOf(
        { ...place, database: false, setAside: undefined },
        await repair(source, how, options),
      );
    }
    if (!database) {
      throw new StorageError(
        action,
        phrase`its database is damaged; pass ${
          option("database", true)
        } to set it aside and take the backup's`,
      );
    }
    if (!dryRun && isOpenElsewhere(path, source.driver)) {
      const state = "its database is open in this program or another; close it there and try again";
      throw new StorageError(action, state);
    }
    return await bringAll(source, place, true, options);
  } catch (error) {
    throw fsError(error, action);
  } finally {
    await source.close();
  }
}

/** Brings everything: first the files, then the database that names them. */
async function bringAll(
  source: StoreContext,
  { path, artifactDir: wanted }: Place,
  damaged: boolean,
  { dryRun = false, quick = false, signal, onProgress }: RestoreOptions,
): Promise<RestoreReport> {
  const { artifactDir } = await locate({ path, artifactDir: wanted, readOnly: dryRun });
  const aside = `${path}.damaged-${Date.now()}`;
  const report = { path, artifactDir, database: true, setAside: damaged ? aside : undefined };
  const bytes = new FileByteStore(artifactDir, true);
  const from = { bytes: source.bytes, open: (id: string) => source.artifacts.open(id) };
  const how = (entries: readonly IndexEntry[]) => ({
    ...(quick && { known: new Map(entries.map(({ record: { path, hash } }) => [path, hash])) }),
    signal,
    onProgress,
  });
  if (dryRun) {
    const entries = await source.index.list({});
    return reportOf(report, await foresee(entries, from, bytes, how(entries)));
  }
  await requireOwn(artifactDir, path);
  await ensureDir(dirname(path));
  const unlock = await bytes.lock(PLACE_LOCK);
  if (!unlock) {
    throw new StorageError(`restore ${JSON.stringify(path)}`, "that is under way already");
  }
  let fresh: DatabaseFile | undefined;
  try {
    fresh = await DatabaseFile.copy(source.database, source.driver, `${path}.new`);
    const entries = fresh.entries();
    const outcome = await copyArtifacts(entries, from, bytes, how(entries));
    signal?.throwIfAborted();
    fresh.settle(outcome, (sql) => {
      sql.prepare(`DROP TABLE IF EXISTS ${BACKUP_TABLE}`).run();
    });
    // As late as can be: until here, all is as it was. Of one that is gone, a journal may be there.
    await setAside(path, aside);
    await fresh.moveTo(path);
    return reportOf(report, outcome);
  } finally {
    await fresh?.discard();
    unlock();
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false; // Opening it says what is wrong.
  }
}

function reportOf(
  place: Pick<RestoreReport, "path" | "artifactDir" | "database" | "setAside">,
  { copied, omitted }: Pick<CopyOutcome, "copied" | "omitted">,
): RestoreReport {
  const bytes = copied.reduce((sum, { size }) => sum + (size || 0), 0);
  return displayable({ ...place, restored: copied, bytes, failed: omitted }, "restore");
}
