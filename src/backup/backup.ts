import type { ArtifactRecord } from "../metadata/artifact_index.ts";
import type { ByteStore, Progress } from "../bytes/byte_store.ts";
import { FileByteStore } from "../bytes/files/file_byte_store.ts";
import { collect } from "../maintenance/gc.ts";
import { Verification, type VerifySummary } from "../maintenance/verify.ts";
import { StorageError } from "../base/errors.ts";
import { toPath } from "../base/path.ts";
import { openContext, type StoreContext } from "../context/compose.ts";
import { clearWay, Coming } from "./path_conflicts.ts";
import { copyArtifacts, type Omitted } from "./copy_artifacts.ts";
import { DatabaseFile } from "./database_copy.ts";
import { claimPlace, makePlace, type Place, PLACE_LOCK } from "./destination.ts";
import { markAsBackup, PreviousBackup } from "./previous_backup.ts";

/** How to back up. */
export interface BackupOptions {
  /**
   * Whether the backup may share files with the store, by hard links, where both are on one file
   * system. It takes no space then, and protects against removal, but not against a failing disk.
   *
   * @default {false}
   */
  readonly link?: boolean;
  /**
   * Whether to verify the whole backup afterwards. What was there before is read first, too, and
   * copied again if it proves damaged.
   *
   * @default {false}
   */
  readonly check?: boolean;
  /**
   * Whether to go on where the backup of another store, or of one that was moved, is, or files that
   * belong to no backup. What this store does not have is removed there.
   *
   * @default {false}
   */
  readonly takeOver?: boolean;
  /**
   * Stops the work, when the copies that the system is making of large files are made; the previous
   * backup is as it was then.
   */
  readonly signal?: AbortSignal;
  /** Told of the bytes done so far. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What a backup has come to. */
export interface BackupReport {
  /** Absolute path of the backup's database, which opens as a store. */
  readonly path: string;
  /** Absolute path of its artifact directory. */
  readonly artifactDir: string;
  /** Artifacts that the backup has. */
  readonly artifacts: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Artifacts that had to be copied this time. */
  readonly copied: number;
  /** Bytes of these. */
  readonly copiedBytes: number;
  /** Artifacts of the backup that share their file with the store, as `link` allows. */
  readonly linked: number;
  /** Artifacts left out, with their rows: removed meanwhile, or damaged in the store. */
  readonly omitted: readonly Omitted[];
  /** What the check has come to, if one was asked for. */
  readonly check: VerifySummary | undefined;
}

/** Makes a backup, or brings one up to date. */
export async function backup(
  source: StoreContext,
  to: string | URL,
  options: BackupOptions,
): Promise<BackupReport> {
  options.signal?.throwIfAborted();
  const place = await makePlace(source, toPath(to));
  const bytes = new FileByteStore(place.artifactDir, true);
  const unlock = await bytes.lock(PLACE_LOCK);
  if (!unlock) {
    throw new StorageError(
      `back up to ${JSON.stringify(place.path)}`,
      "another backup to it is under way",
    );
  }
  try {
    return await backUp(source, place, bytes, options);
  } finally {
    unlock();
  }
}

async function backUp(
  source: StoreContext,
  place: Place,
  bytes: ByteStore,
  options: BackupOptions,
): Promise<BackupReport> {
  const { link = false, check = false, takeOver = false, signal, onProgress } = options;
  const { path, artifactDir } = place;
  // Every store in memory is another one, by the directory that it has for its time.
  const origin = source.path ?? `memory, with ${source.artifactDir}`;
  const previous = await PreviousBackup.open(path, source.driver, origin, takeOver);
  let fresh: DatabaseFile | undefined;
  let outcome;
  try {
    if (!previous) await claimPlace(place, bytes, takeOver);
    else if (!takeOver) await source.database.read((sql) => previous.requireKin(sql));
    fresh = await DatabaseFile.copy(source.database, source.driver, `${path}.new`);
    const entries = fresh.entries();
    const coming = new Coming(entries);
    await previous?.makeWay(coming, bytes);
    const known = previous?.hashes() ?? new Map<string, string>();
    // Whoever opens the backup meanwhile then reads it without keeping it open.
    previous?.close();
    clearWay(coming, bytes, known.keys());
    const from = { bytes: source.bytes, open: (id: string) => source.artifacts.open(id) };
    outcome = await copyArtifacts(entries, from, bytes, { link, known, check, signal, onProgress });
    signal?.throwIfAborted();
    fresh.settle(outcome, (sql) => markAsBackup(sql, origin));
    await fresh.moveTo(path);
  } finally {
    previous?.close();
    await fresh?.discard();
  }
  const { present, copied, omitted } = outcome;
  const sum = (of: readonly { size: number }[]) => of.reduce((total, { size }) => total + size, 0);
  return {
    path,
    artifactDir,
    artifacts: present.length,
    bytes: sum(present),
    copied: copied.length,
    copiedBytes: sum(copied),
    linked: present.filter((record) => isShared(record, source.bytes, bytes)).length,
    omitted,
    check: await tidy(source, place, options),
  };
}

/** Whether an artifact has the same file at two places. */
function isShared({ path }: ArtifactRecord, one: ByteStore, other: ByteStore): boolean {
  try {
    const file = one.look(path);
    return file !== undefined && file.identity === other.look(path)?.identity;
  } catch {
    return false; // It cannot be looked at where it is, but has been backed up before.
  }
}

/** Drops what the backup has no use for any more, and checks what is left. */
async function tidy(
  { driver }: StoreContext,
  place: Place,
  { check = false, signal }: BackupOptions,
): Promise<VerifySummary | undefined> {
  const store = await openContext({ ...place, driver: driver.name });
  try {
    await collect(store, { grace: 0 });
    return check
      ? await new Verification(store.index, store.bytes, { ...(signal && { signal }) }, true)
        .summary()
      : undefined;
  } finally {
    await store.close();
  }
}
