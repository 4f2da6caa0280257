import { ensureDir } from "@std/fs";
import { basename, join } from "@std/path";
import { fsError } from "../bytes/fs_error.ts";
import type { ByteStore, Progress } from "../bytes/byte_store.ts";
import { FileByteStore } from "../bytes/file_byte_store.ts";
import type { VerifySummary } from "../care/verification.ts";
import { InvalidOptionError, StorageError } from "../errors.ts";
import { artifactDirOf, DEFAULT_PATH } from "../location.ts";
import { isBelow, toPath } from "../path.ts";
import { openParts, type StoreParts } from "../store_parts.ts";
import { copyArtifacts, type Omitted } from "./copy_artifacts.ts";
import { DatabaseFile } from "./database_file.ts";
import { markAsBackup, PreviousBackup } from "./previous_backup.ts";

/** Locked while a store is being copied to a place; like anything staged, it is known by a UUID. */
export const PLACE_LOCK = "6b9dd1ee-7bd2-4c3e-9c0b-0c1d7f0a5a01";

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
   * Whether to verify the whole backup afterwards, what was there before too.
   *
   * @default {false}
   */
  readonly check?: boolean;
  /**
   * Whether to go on where the backup of another store, or of one that was moved, is.
   *
   * @default {false}
   */
  readonly takeOver?: boolean;
  /** Stops the work; the previous backup is as it was then. */
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
  /** Artifacts left out, with their rows: removed meanwhile, or damaged in the store. */
  readonly omitted: readonly Omitted[];
  /** What the check has come to, if one was asked for. */
  readonly check: VerifySummary | undefined;
}

/** Makes a backup, or brings one up to date. */
export async function backup(
  source: StoreParts,
  to: string | URL,
  options: BackupOptions,
): Promise<BackupReport> {
  options.signal?.throwIfAborted();
  const { path, artifactDir } = await makePlace(source, toPath(to));
  const bytes = new FileByteStore(artifactDir, true);
  const unlock = await bytes.lock(PLACE_LOCK);
  if (!unlock) {
    throw new StorageError(
      `back up to ${JSON.stringify(path)}`,
      "another backup to it is under way",
    );
  }
  try {
    return await backUp(source, { path, artifactDir }, bytes, options);
  } finally {
    unlock();
  }
}

async function backUp(
  source: StoreParts,
  { path, artifactDir }: { path: string; artifactDir: string },
  bytes: ByteStore,
  options: BackupOptions,
): Promise<BackupReport> {
  const { link = false, takeOver = false, signal, onProgress } = options;
  const origin = source.path ?? ":memory:";
  const previous = await PreviousBackup.open(path, source.driver, origin, takeOver);
  let fresh: DatabaseFile | undefined;
  let outcome;
  try {
    fresh = await DatabaseFile.copy(source.database, source.driver, `${path}.new`);
    const entries = fresh.entries();
    await previous?.makeWay(entries, bytes);
    const open = (id: string) => source.artifacts.open(id);
    const from = { bytes: source.bytes, open };
    const known = previous?.hashes() ?? new Map();
    outcome = await copyArtifacts(entries, from, bytes, { link, known, signal, onProgress });
    signal?.throwIfAborted();
    fresh.settle(outcome, (sql) => markAsBackup(sql, origin));
    previous?.close();
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
    omitted,
    check: await tidy(source, { path, artifactDir }, options),
  };
}

/** Drops what the backup has no use for any more, and checks what is left. */
async function tidy(
  { driver }: StoreParts,
  place: { path: string; artifactDir: string },
  { check = false, signal }: BackupOptions,
): Promise<VerifySummary | undefined> {
  const store = await openParts({ ...place, driver: driver.name });
  try {
    await store.artifacts.gc({ grace: 0 });
    return check
      ? await store.artifacts.verify({ ...(signal && { signal }) }, true).summary()
      : undefined;
  } finally {
    await store.close();
  }
}

async function makePlace(
  source: StoreParts,
  directory: string,
): Promise<{ path: string; artifactDir: string }> {
  try {
    await ensureDir(directory);
    const place = await Deno.realPath(directory);
    const path = join(place, basename(DEFAULT_PATH));
    if (isBelow(place, source.artifactDir) || await isSame(path, source.path)) {
      throw new InvalidOptionError(
        `Cannot back up to ${JSON.stringify(directory)}: it is where the store itself is; ` +
          "choose another directory",
      );
    }
    const artifactDir = artifactDirOf(path);
    await ensureDir(artifactDir);
    return { path, artifactDir: await Deno.realPath(artifactDir) };
  } catch (error) {
    throw fsError(error, `back up to ${JSON.stringify(directory)}`);
  }
}

async function isSame(path: string, other: string | undefined): Promise<boolean> {
  if (other === undefined) return false;
  return path === await Deno.realPath(other);
}
