import type { StoreContext } from "../context/compose.ts";
import type { ByteStore, StoredEntry } from "../bytes/byte_store.ts";
import { InvalidOptionError } from "../base/errors.ts";
import { recoverLogs } from "../artifacts/logs.ts";
import { STAGING } from "../names/names.ts";

/** A day, in milliseconds. */
const DAY = 24 * 60 * 60 * 1000;

/** Entries that are removed in one transaction: other writers need not wait for more. */
const MAX_BATCH = 200;

/** How to collect what belongs to no artifact. */
export interface GcOptions {
  /**
   * Milliseconds for which an entry must have been left alone.
   *
   * @default {86400000, a day}
   */
  readonly grace?: number;
  /**
   * Whether to tell only what would be removed.
   *
   * @default {false}
   */
  readonly dryRun?: boolean;
  /** Stops the work; what has been removed stays so. */
  readonly signal?: AbortSignal;
}

/** An entry that was removed, or would be. */
export interface Collected {
  /** `"orphan"`: a file no row names; `"staged"`: what a crash left; `"folder"`: an empty one. */
  readonly kind: "orphan" | "staged" | "folder";
  /** Path below the artifact directory. */
  readonly path: string;
  /** Its size in bytes. */
  readonly bytes: number;
}

/** What a collection has come to. */
export interface GcReport {
  /** What was removed; with `dryRun`, what would be. */
  readonly removed: readonly Collected[];
  /** Bytes of all that. */
  readonly bytes: number;
  /** What could not be removed, or looked at, and why. */
  readonly failed: readonly { readonly path: string; readonly error: Error }[];
}

/** Removes orphans, abandoned staged files and empty folders. */
export async function collect(
  { index, bytes, artifacts }: Pick<StoreContext, "index" | "bytes" | "artifacts">,
  { grace = DAY, dryRun = false, signal }: GcOptions,
): Promise<GcReport> {
  if (typeof grace !== "number" || !(grace >= 0)) {
    throw new InvalidOptionError(`Cannot collect with grace ${grace}: it must be 0 ms or more`);
  }
  await artifacts.recoverReplacements();
  if (!dryRun) await recoverLogs({ artifacts, bytes });
  const removed: Collected[] = [];
  const failed: { path: string; error: Error }[] = [];
  const gone = new Set<string>();
  const old = (entry: StoredEntry) => Date.now() - entry.since.getTime() >= grace;

  const take = (entry: StoredEntry, isNamed: (path: string) => boolean) => {
    const kind = kindOf(entry);
    try {
      if (kind === "staged") {
        if (!isAbandoned(entry, bytes)) return;
      } else if (isNamed(entry.path)) return;
      if (kind === "folder" && !isEmpty(entry, bytes, gone)) return;
      if (!dryRun && !bytes.collect(entry)) return;
      gone.add(entry.path);
      removed.push({ kind, path: entry.path, bytes: entry.size });
    } catch (error) {
      // One bad entry is no reason to keep the others.
      failed.push({ path: entry.path, error: error as Error });
    }
  };

  // Folders come behind what they hold, so those that the collection empties are found empty.
  const found = [...bytes.entries("", (path, error) => failed.push({ path, error }))];
  const unlisted = new Set(failed.map(({ path }) => path));
  const candidates = found.filter((entry) => old(entry) && !unlisted.has(entry.path));
  for (let at = 0; at < candidates.length; at += MAX_BATCH) {
    signal?.throwIfAborted();
    const batch = candidates.slice(at, at + MAX_BATCH);
    // The row of a file that is being published comes with the lock, so no such file is taken.
    await index.underLock((isNamed) => batch.forEach((entry) => take(entry, isNamed)));
  }
  return { removed, bytes: removed.reduce((sum, entry) => sum + entry.bytes, 0), failed };
}

function kindOf({ path, kind }: StoredEntry): Collected["kind"] {
  if (path.startsWith(`${STAGING}/`)) return "staged";
  return kind === "folder" ? "folder" : "orphan";
}

/** A staged file whose writer is at work is locked. What else lies there is nobody's. */
function isAbandoned({ path, kind }: StoredEntry, bytes: ByteStore): boolean {
  return kind !== "file" || bytes.stagedState(path.slice(STAGING.length + 1)) !== "in use";
}

function isEmpty({ path }: StoredEntry, bytes: ByteStore, gone: ReadonlySet<string>): boolean {
  for (const child of bytes.entries(path)) {
    if (!gone.has(child.path)) return false;
  }
  return true;
}
