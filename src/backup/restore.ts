import { option, phrase } from "../base/phrase.ts";
import { dirname } from "@std/path";
import { noteOwner, requireOwn } from "../bytes/files/owner.ts";
import { makeDirectory } from "../bytes/files/make_directory.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import { isOpenElsewhere, isThere, setDatabaseAside } from "../metadata/sqlite/database_files.ts";
import { fsError } from "../base/fs_error.ts";
import { FileByteStore } from "../bytes/files/file_byte_store.ts";
import { InvalidOptionError, StorageError } from "../base/errors.ts";
import { requireNoFileOnPath } from "../base/directory.ts";
import { DEFAULT_PATH, locateLocal } from "../context/location.ts";
import { assertLocal, assertPlace, isPostgres } from "../context/place.ts";
import { withoutSecrets } from "../base/url.ts";
import { displayable } from "../display/displayable.ts";
import { toPath } from "../base/path.ts";
import { openContext, type StoreContext } from "../context/compose.ts";
import type { Omitted } from "./copy_artifacts.ts";
import { databaseState } from "./database_state.ts";
import { generationsIn } from "./generations.ts";
import {
  overlaps,
  type Place,
  PLACE_LOCK,
  placeIn,
  removeTemporary,
  temporaryPath,
} from "./place.ts";
import { repair } from "./repair.ts";
import { RestoreCopy } from "./restore_copy.ts";
import type { RestoreOptions } from "./restore_options.ts";
import { restoreToServer } from "./restore_to_server.ts";
import { SetAside } from "./set_aside.ts";

/** Result of a restore; with `dryRun`, a preview. */
export interface RestoreReport {
  /** Absolute path of the store's database; on a server, its URL without the password. */
  readonly path: string;
  /** Absolute path of its artifact directory, or the URL of its bucket. */
  readonly artifactDir: string;
  /** Whether the database was restored, because there was none, or an empty or damaged one. */
  readonly database: boolean;
  /** Path to which the former database was moved, if there was one. */
  readonly setAside: string | undefined;
  /**
   * Number of stored files that were moved aside because the backup lacks them or has other bytes
   * for them.
   */
  readonly filesAside: number;
  /** Directory to which these files were moved. */
  readonly filesAsideDir: string | undefined;
  /**
   * Whether the store has runs of the backup. If not, only files with equal bytes can be restored.
   */
  readonly isRelated: boolean;
  /** Artifacts whose bytes were restored. */
  readonly restored: readonly ArtifactRecord[];
  /** Their total size, in bytes. */
  readonly bytes: number;
  /** Artifacts that are still missing or damaged, and why. */
  readonly failed: readonly Omitted[];
}

/**
 * Restores a store from a backup: the whole store to a place without one, or the missing files of a
 * damaged store. Intact data is never lost: records of an intact database do not change, and if the
 * backup's database is used, stored files that it does not describe are moved aside.
 *
 * A store in PostgreSQL is restored as a whole if there is none or an empty one; otherwise lost bytes
 * are restored.
 *
 * Requires `--allow-read` for the backup, and `--allow-read` and `--allow-write` for the store.
 *
 * @param from Directory of the backup, or the database of any other store.
 * @param options Location of the store, and what to do with existing data.
 * @returns The restored artifacts, and those that could not be restored.
 * @throws {StoreNotFoundError} If there is no backup.
 * @throws {InvalidOptionError} If an option is invalid, or the store would be restored from itself.
 * @throws {NotAStoreError} If the backup is a file that is not the database of a store.
 * @throws {StorageError} If the store's database is damaged, unless `database` is set; or if a
 * parent of a path is a file.
 *
 * @example Restore a store to another place
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
 */
export async function restoreStore(
  from: string | URL,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  const { database = false, dryRun = false, driver, artifactDir } = options;
  options.signal?.throwIfAborted();
  assertLocal("restore from", { path: from });
  const given = toPath(from);
  if (isPostgres(options.path)) return await restoreServer(given, options);
  assertLocal("restore", options);
  const path = toPath(options.path ?? DEFAULT_PATH);
  const action = `restore ${JSON.stringify(path)}`;
  await requireNoFileOnPath(given, action);
  await requireNoFileOnPath(path, action);
  if (await isDirectory(path)) {
    throw new StorageError(
      action,
      phrase`it is a directory; name the store's database (${option("path")})`,
    );
  }
  const source = await openBackup(given, options);
  try {
    const how = { path, ...(artifactDir !== undefined && { artifactDir }) };
    const place = {
      path,
      artifactDir: (await locateLocal("restore", { ...how, readOnly: true })).artifactDir,
    };
    if (await overlaps(place, source)) {
      throw new InvalidOptionError(
        phrase`Cannot ${action} from itself, or from what lies in one place with it; name the store to restore by its path (${
          option("path")
        })`,
      );
    }
    if (!await isThere(path)) return await restoreAll(source, place, false, options);
    const state = await databaseState(how, driver, source);
    const replace = state === "empty" || database && state !== "related";
    if (!replace && state !== "damaged") {
      const isRelated = state === "related";
      return reportOf({ ...place, isRelated }, await repair(source, how, options));
    }
    if (!replace) {
      throw new StorageError(
        action,
        phrase`its database is damaged; pass ${
          option("database", true)
        } to set it aside and take the backup's`,
      );
    }
    if (!dryRun && isOpenElsewhere(path, source.driver!)) {
      const state = "its database is open in this program or another; close it there and try again";
      throw new StorageError(action, state);
    }
    return await restoreAll(source, place, true, options);
  } catch (error) {
    throw fsError(error, action);
  } finally {
    await source.close();
  }
}

async function restoreServer(given: string, options: RestoreOptions): Promise<RestoreReport> {
  const { path, artifactDir } = options;
  assertPlace({ path, artifactDir });
  const [shown, artifacts] = [path, artifactDir].map((part) => withoutSecrets(String(part)));
  const action = `restore ${shown}`;
  await requireNoFileOnPath(given, action);
  const source = await openBackup(given, options);
  try {
    const { database, isRelated, ...bytes } = await restoreToServer(
      source,
      { path: path!, artifactDir: artifactDir! },
      options,
    );
    const place = { path: shown!, artifactDir: artifacts!, database, isRelated };
    return reportOf(place, bytes);
  } catch (error) {
    throw fsError(error, action);
  } finally {
    await source.close();
  }
}

/** Opens a backup. */
async function openBackup(given: string, { driver }: RestoreOptions): Promise<StoreContext> {
  const path = await databaseIn(given);
  return await openContext({ path, readOnly: true, ...(driver && { driver }) });
}

/**
 * Returns the database of a backup: in the directory, the newest of several, or the file itself.
 */
async function databaseIn(path: string): Promise<string> {
  if (!await isDirectory(path)) return path;
  const { path: own } = placeIn(path);
  const newest = await isThere(own) ? undefined : (await generationsIn(path)).at(-1);
  return newest?.path ?? own;
}

/** Restores everything: first the files, then the database that names them. */
async function restoreAll(
  source: StoreContext,
  { path, artifactDir: wanted }: Place,
  isReplaced: boolean,
  options: RestoreOptions,
): Promise<RestoreReport> {
  const { dryRun = false, signal } = options;
  const { artifactDir } = await locateLocal("restore", {
    path,
    artifactDir: wanted,
    readOnly: dryRun,
  });
  const bytes = new FileByteStore(artifactDir, true);
  const now = Date.now();
  const aside = `${path}.damaged-${now}`;
  const others = new SetAside(bytes, artifactDir, `${artifactDir}.aside-${now}`);
  const report = () => ({
    path,
    artifactDir,
    database: true,
    setAside: isReplaced ? aside : undefined,
    filesAside: others.count,
    filesAsideDir: others.count === 0 ? undefined : others.directory,
    isRelated: true,
  });
  const copy = new RestoreCopy(source, bytes, others, options);
  if (dryRun) {
    await copy.plan(source.metadata.artifacts.each());
    return reportOf(report(), copy);
  }
  await requireOwn(artifactDir, path);
  await makeDirectory(dirname(path));
  const release = await bytes.lease(PLACE_LOCK);
  if (!release) {
    throw new StorageError(`restore ${JSON.stringify(path)}`, "that is under way already");
  }
  let fresh: Snapshot | undefined;
  try {
    await removeTemporary(path);
    fresh = await source.metadata.snapshot(temporaryPath(path), await modeFor(source, path));
    await copy.run(fresh.artifacts());
    signal?.throwIfAborted();
    await fresh.applyOutcome({ present: copy.renewed, omitted: copy.omitted }, null);
    await copy.setOthersAside(fresh);
    // As late as possible: until here nothing has changed. A missing database may have left a
    // journal.
    await setDatabaseAside(path, aside);
    await fresh.moveTo(path);
    await noteOwner(artifactDir, path);
    return reportOf(report(), copy);
  } finally {
    await fresh?.discard();
    await release();
  }
}

/**
 * Returns the mode of the new database: no more accessible than the backup's or the replaced one.
 */
async function modeFor(source: StoreContext, path: string): Promise<number> {
  const [one, other] = await Promise.all(
    [source.path!, path].map(async (file) => (await Deno.stat(file).catch(() => undefined))?.mode),
  );
  return (one ?? 0o666) & (other ?? 0o666) & 0o666 | 0o600;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false; // Opening it reports the error.
  }
}

function reportOf(
  { path, artifactDir, ...rest }:
    & Pick<RestoreReport, "path" | "artifactDir" | "isRelated">
    & Partial<RestoreReport>,
  { copied, omitted }: { readonly copied: readonly ArtifactRecord[]; omitted: readonly Omitted[] },
): RestoreReport {
  const bytes = copied.reduce((sum, { size }) => sum + (size || 0), 0);
  return displayable({
    path,
    artifactDir,
    database: false,
    setAside: undefined,
    filesAside: 0,
    filesAsideDir: undefined,
    ...rest,
    restored: copied,
    bytes,
    failed: omitted,
  }, "restore");
}
