/** Garbage collection: removal of entries without an artifact. */
import { InvalidOptionError, quote } from "../base/errors.ts";
import { recoverLogs } from "../artifacts/logs.ts";
import type { ByteEntry } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import { isEntryFailure } from "./entry_failure.ts";
import { type ClassifiedEntry, classifyEntries, firstSegment } from "./classify_entries.ts";

/** One day, in milliseconds. */
const DAY = 24 * 60 * 60 * 1000;

/** Options for {@linkcode Store.gc}. */
export interface GcOptions {
  /**
   * Minimum age of an entry, in milliseconds since its last change.
   *
   * @default {86400000, one day}
   */
  readonly grace?: number;
  /**
   * Whether to only report what would be removed. Works on a read-only store as well.
   *
   * @default {false}
   */
  readonly dryRun?: boolean;
  /** Stops the collection; entries already removed stay removed. */
  readonly signal?: AbortSignal;
}

/** An entry that was removed, or would be with `dryRun`. */
export interface GcEntry {
  /**
   * `"orphan"`: bytes without a record; `"staged"`: bytes left by a crash; `"directory"`: an empty
   * directory.
   */
  readonly kind: "orphan" | "staged" | "directory";
  /** Path below the artifact directory. */
  readonly path: string;
  /** Size in bytes. */
  readonly bytes: number;
}

/** Result of a garbage collection. */
export interface GcReport {
  /** Whether this is only a preview and nothing was removed. */
  readonly dryRun: boolean;
  /** Removed entries; with `dryRun`, those that would be removed. */
  readonly removed: readonly GcEntry[];
  /** Total size of these entries, in bytes. */
  readonly bytes: number;
  /** Entries that could not be removed or inspected, and why. */
  readonly failed: readonly { readonly path: string; readonly error: Error }[];
  /** Top-level names of files of other origin in the artifact directory. They stay. */
  readonly foreign: readonly string[];
}

/** Removes orphans, abandoned staged bytes and empty directories, in batches with short locks. */
export async function collect(
  context: Pick<StoreContext, "metadata" | "bytes" | "artifacts" | "now">,
  { grace = DAY, dryRun = false, signal }: GcOptions,
): Promise<GcReport> {
  if (typeof grace !== "number" || !(grace >= 0)) {
    throw new InvalidOptionError(
      `Cannot collect with grace ${quote(grace)}: it must be 0 ms or more`,
    );
  }
  const collection = new Collection(context, { grace, dryRun });
  const { fail } = collection;
  if (!dryRun) {
    try {
      await context.artifacts.recoverReplacements();
      await recoverLogs(context);
    } catch (error) {
      if (!isEntryFailure(error)) throw error;
      // On a full disk, recovery has to wait until this collection frees space.
      fail("", error);
    }
  }
  for await (const batch of classifyEntries(context, fail, signal)) await collection.take(batch);
  return collection.report();
}

/** One collection. Entries arrive in batches, each directory after its content. */
class Collection {
  readonly #context: Pick<StoreContext, "metadata" | "bytes" | "now">;
  readonly #grace: number;
  readonly #dryRun: boolean;
  readonly #removed: GcEntry[] = [];
  readonly #failed: { path: string; error: Error }[] = [];
  readonly #foreign = new Set<string>();
  /** Directories that are not empty. Each is removed from the set when its own turn comes. */
  readonly #occupied = new Set<string>();

  constructor(
    context: Pick<StoreContext, "metadata" | "bytes" | "now">,
    { grace, dryRun }: { grace: number; dryRun: boolean },
  ) {
    this.#context = context;
    this.#grace = grace;
    this.#dryRun = dryRun;
  }

  /** Records an entry that cannot be inspected or removed; the others are still processed. */
  readonly fail = (path: string, error: Error): void => {
    this.#failed.push({ path, error });
    this.#occupied.add(path);
    this.#occupied.add(parentOf(path));
  };

  async take(batch: readonly ClassifiedEntry[]): Promise<void> {
    const candidates: ByteEntry[] = [];
    for (const { entry, verdict } of batch) {
      if (verdict === "foreign") this.#foreign.add(firstSegment(entry.key));
      const goes = (verdict === "orphan" || verdict === "abandoned") && this.#isOld(entry);
      if (goes) candidates.push(entry);
      else this.#keep(entry);
    }
    if (candidates.length === 0) return;
    if (this.#dryRun) return await this.#removeAll(candidates);
    const staged = candidates.filter(isStaged);
    const orphans = candidates.filter((entry) => !isStaged(entry));
    // Staged bytes have their own locks.
    if (staged.length > 0) await this.#removeAll(staged);
    if (orphans.length === 0) return;
    // A put commits its record under the lock that this call takes.
    const keys = orphans.map(({ key }) => key);
    let unnamed: ReadonlySet<string> = new Set();
    try {
      await this.#context.metadata.artifacts.removeIfUnnamed(keys, async (found) => {
        unnamed = found;
        await this.#removeOrphans(orphans.filter(({ key }) => found.has(key)));
      });
    } catch (error) {
      if (!isEntryFailure(error)) throw error;
      // The disk may be full. Removing staged files still works, and frees space for the next run.
      for (const key of keys) this.fail(key, error);
      return;
    }
    for (const entry of orphans) if (!unnamed.has(entry.key)) this.#keep(entry);
  }

  report(): GcReport {
    return {
      dryRun: this.#dryRun,
      removed: this.#removed,
      bytes: this.#removed.reduce((sum, { bytes }) => sum + bytes, 0),
      failed: this.#failed,
      foreign: [...this.#foreign].sort(),
    };
  }

  async #removeOrphans(entries: readonly ByteEntry[]): Promise<void> {
    const { bytes } = this.#context;
    if (!bytes.removeEntries) return await this.#removeAll(entries);
    const failures = await bytes.removeEntries(entries);
    for (const { key, size } of entries) {
      const failure = failures.get(key);
      if (failure) this.fail(key, failure);
      else this.#removed.push({ kind: "orphan", path: key, bytes: size });
    }
  }

  async #removeAll(entries: readonly ByteEntry[]): Promise<void> {
    for (const entry of entries) {
      const { key, kind, size } = entry;
      try {
        const goes = !this.#occupied.has(key) &&
          (this.#dryRun || await this.#context.bytes.removeEntry(entry));
        if (!goes) this.#keep(entry);
        else this.#removed.push({ kind: kindOf(entry, kind), path: key, bytes: size });
      } catch (error) {
        this.fail(key, error as Error);
      }
      this.#occupied.delete(key);
    }
  }

  #keep({ key }: ByteEntry): void {
    this.#occupied.delete(key);
    this.#occupied.add(parentOf(key));
  }

  /**
   * Whether an entry is older than the grace period. A time in the future comes from a wrong clock
   * and counts as old.
   */
  #isOld({ modifiedAt }: ByteEntry): boolean {
    return Math.abs(this.#context.now() - modifiedAt.getTime()) >= this.#grace;
  }
}

function isStaged({ state }: ByteEntry): boolean {
  return state === "abandoned";
}

function kindOf(entry: ByteEntry, kind: ByteEntry["kind"]): GcEntry["kind"] {
  if (isStaged(entry)) return "staged";
  return kind === "directory" ? "directory" : "orphan";
}

function parentOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf("/")));
}
