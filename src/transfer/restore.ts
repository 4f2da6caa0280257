import { dirname, join } from "@std/path";
import { ensureDir } from "@std/fs";
import type { ArtifactRecord, IndexEntry } from "../artifacts/artifact_index.ts";
import { asReader } from "../artifacts/artifact_reader.ts";
import { fsError } from "../bytes/fs_error.ts";
import type { Progress, StagedBytes } from "../bytes/byte_store.ts";
import { FileByteStore } from "../bytes/file_byte_store.ts";
import {
  ArtifactNotFoundError,
  ChachamlError,
  IntegrityError,
  InvalidOptionError,
  NotAStoreError,
  StorageError,
} from "../errors.ts";
import { DEFAULT_PATH, locate } from "../location.ts";
import type { OpenOptions } from "../open_options.ts";
import { toPath } from "../path.ts";
import { openParts, type StoreParts } from "../store_parts.ts";
import { PLACE_LOCK } from "./backup.ts";
import { copyArtifacts, type Omitted } from "./copy_artifacts.ts";
import { COMPANIONS, DatabaseFile, isThere } from "./database_file.ts";
import { BACKUP_TABLE } from "./previous_backup.ts";

/** How to restore. */
export interface RestoreOptions
  extends Pick<OpenOptions, "path" | "artifactDir" | "driver" | "busyTimeout"> {
  /**
   * Whether a database that is there, but damaged, is set aside, and the backup's is taken. Without
   * it, a damaged database is an error, and one that is whole is kept in any case.
   *
   * @default {false}
   */
  readonly database?: boolean;
  /**
   * Whether to leave out hashing the files that are there, and only look at their sizes.
   *
   * @default {false}
   */
  readonly quick?: boolean;
  /**
   * Whether to tell only what would be brought back.
   *
   * @default {false}
   */
  readonly dryRun?: boolean;
  /** Stops the work; what has been brought back stays. */
  readonly signal?: AbortSignal;
  /** Told of the bytes looked at or copied so far. */
  readonly onProgress?: (progress: Progress) => void;
}

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
 * @throws {StorageError} If the store's database is damaged, unless `database` is set.
 */
export async function restoreStore(
  from: string | URL,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  const { database = false, driver, artifactDir } = options;
  const path = toPath(options.path ?? DEFAULT_PATH);
  const given = toPath(from);
  const source = await openParts({
    path: await isDirectory(given) ? join(given, DEFAULT_PATH) : given,
    readOnly: true,
    ...(driver && { driver }),
  });
  try {
    if (source.path === path) {
      throw new InvalidOptionError(
        `Cannot restore ${JSON.stringify(path)} from itself; name the store to restore by its path`,
      );
    }
    const place = { path, ...(artifactDir !== undefined && { artifactDir }) };
    if (!await isThere(path)) return await bringAll(source, place, undefined, options);
    if (!await isDamaged(place, options)) return await repair(source, place, options);
    if (!database) {
      throw new StorageError(
        `restore ${JSON.stringify(path)}`,
        "its database is damaged; pass database: true (--database) to set it aside and take the " +
          "backup's",
      );
    }
    const aside = `${path}.damaged-${Date.now()}`;
    if (!options.dryRun) await setAside(path, aside);
    return await bringAll(source, place, aside, options);
  } finally {
    await source.close();
  }
}

type Place = Pick<OpenOptions, "artifactDir"> & { readonly path: string };

/** Brings everything: first the files, then the database that names them. */
async function bringAll(
  source: StoreParts,
  place: Place,
  setAside: string | undefined,
  { dryRun = false, signal, onProgress }: RestoreOptions,
): Promise<RestoreReport> {
  const { path } = place;
  const { artifactDir } = await locate({ ...place, readOnly: dryRun });
  const report = { path, artifactDir, database: true, setAside };
  if (dryRun) {
    const entries = await source.index.list({});
    return reportOf(report, entries.map(({ record }) => record), []);
  }
  await ensureDir(dirname(path));
  const bytes = new FileByteStore(artifactDir, true);
  const unlock = await bytes.lock(PLACE_LOCK);
  if (!unlock) {
    throw new StorageError(`restore ${JSON.stringify(path)}`, "that is under way already");
  }
  let fresh: DatabaseFile | undefined;
  try {
    fresh = await DatabaseFile.copy(source.database, source.driver, `${path}.new`);
    const from = { bytes: source.bytes, open: (id: string) => source.artifacts.open(id) };
    const outcome = await copyArtifacts(fresh.entries(), from, bytes, { signal, onProgress });
    signal?.throwIfAborted();
    fresh.settle(outcome, (sql) => {
      sql.prepare(`DROP TABLE IF EXISTS ${BACKUP_TABLE}`).run();
    });
    await fresh.moveTo(path);
    return reportOf(report, outcome.copied, outcome.omitted);
  } finally {
    await fresh?.discard();
    unlock();
  }
}

/** Brings the files back that are missing or damaged. */
async function repair(
  source: StoreParts,
  place: Place,
  { driver, busyTimeout, quick = false, dryRun = false, signal, onProgress }: RestoreOptions,
): Promise<RestoreReport> {
  const store = await openParts({
    ...place,
    readOnly: dryRun,
    ...(driver && { driver }),
    ...(busyTimeout !== undefined && { busyTimeout }),
  });
  try {
    const restored: ArtifactRecord[] = [];
    const failed: Omitted[] = [];
    const verification = store.artifacts.verify({
      quick,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    }, true);
    for await (const { artifact, message } of verification) {
      if (!artifact) continue;
      try {
        const candidates = (await source.index.list({ hash: artifact.hash }))
          .filter(({ problem }) => !problem);
        if (candidates.length === 0) throw new IntegrityError(artifact.name, message, null, null);
        if (!dryRun && !await bringOne(artifact, candidates, source, store, signal)) continue;
        restored.push(artifact);
      } catch (error) {
        if (!(error instanceof ChachamlError)) throw error;
        failed.push({ artifact, error });
      }
    }
    const { path, artifactDir } = store;
    const report = { path: path!, artifactDir, database: false, setAside: undefined };
    return reportOf(report, restored, failed);
  } finally {
    await store.close();
  }
}

/** Puts bytes in their place, unless the artifact is another one, or gone, by now. */
async function bringOne(
  artifact: ArtifactRecord,
  candidates: readonly IndexEntry[],
  source: StoreParts,
  store: StoreParts,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let failure: unknown;
  for (const { record } of candidates) {
    let staged: StagedBytes;
    try {
      const { bytes } = await source.artifacts.open(record.id);
      staged = await store.bytes.stage(asReader(bytes), { signal });
    } catch (error) {
      if (!(error instanceof IntegrityError || error instanceof ArtifactNotFoundError)) throw error;
      failure = error;
      continue;
    }
    try {
      if (staged.hash === artifact.hash) {
        return await store.index.renew(artifact, (path) => store.bytes.publish(staged, path));
      }
      failure = new IntegrityError(
        artifact.name,
        "its bytes are damaged in the backup too",
        artifact.hash,
        staged.hash,
      );
    } finally {
      staged.discard();
    }
  }
  throw failure;
}

async function isDamaged(place: Place, { driver }: RestoreOptions): Promise<boolean> {
  let store: StoreParts;
  try {
    store = await openParts({ ...place, readOnly: true, ...(driver && { driver }) });
  } catch (error) {
    if (error instanceof NotAStoreError || error instanceof StorageError) return true;
    throw error;
  }
  try {
    return await store.database.read((sql) => {
      const { quick_check } = sql.prepare("PRAGMA quick_check(1)").get()!;
      return quick_check !== "ok";
    });
  } catch (error) {
    if (error instanceof StorageError) return true;
    throw error;
  } finally {
    await store.close();
  }
}

async function setAside(path: string, aside: string): Promise<void> {
  for (const end of ["", ...COMPANIONS]) {
    try {
      if (await isThere(path + end)) await Deno.rename(path + end, aside + end);
    } catch (error) {
      throw fsError(error, `set ${JSON.stringify(path + end)} aside`);
    }
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
  restored: readonly ArtifactRecord[],
  failed: readonly Omitted[],
): RestoreReport {
  const bytes = restored.reduce((sum, { size }) => sum + (size || 0), 0);
  return { ...place, restored, bytes, failed };
}
