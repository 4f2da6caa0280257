/** Removes what belongs to no artifact. */
import { InvalidOptionError, quote } from "../base/errors.ts";
import { recoverLogs } from "../artifacts/logs.ts";
import type { ByteEntry } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import { isEntryFailure } from "./entry_failure.ts";
import { type JudgedEntry, judgeEntries, topOf } from "./judge_entries.ts";

/** A day, in milliseconds. */
const DAY = 24 * 60 * 60 * 1000;

/** How to remove what belongs to no artifact. */
export interface GcOptions {
  /**
   * Milliseconds for which an entry must have been left alone.
   *
   * @default {86400000, a day}
   */
  readonly grace?: number;
  /**
   * Whether to only show what would be removed. A read-only store allows that too.
   *
   * @default {false}
   */
  readonly dryRun?: boolean;
  /** Stops the work; what has been removed stays so. */
  readonly signal?: AbortSignal;
}

/** An entry that was removed, or would be. */
export interface Collected {
  /** `"orphan"`: no record names it; `"staged"`: what a crash left; `"directory"`: an empty one. */
  readonly kind: "orphan" | "staged" | "directory";
  /** Path below the artifact directory. */
  readonly path: string;
  /** Its size in bytes. */
  readonly bytes: number;
}

/** Result of a collection. */
export interface GcReport {
  /** Whether nothing was removed, only shown. */
  readonly dryRun: boolean;
  /** What was removed; with `dryRun`, what would be. */
  readonly removed: readonly Collected[];
  /** Bytes of all that. */
  readonly bytes: number;
  /** What could not be removed, or looked at, and why. */
  readonly failed: readonly { readonly path: string; readonly error: Error }[];
  /** What this store has never put into its artifact directory: outermost names. It stays. */
  readonly foreign: readonly string[];
}

/** Removes orphans, abandoned staged bytes and empty directories. Memory and locks stay small. */
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
      // On a full disk they wait for the room that this makes.
      fail("", error);
    }
  }
  for await (const batch of judgeEntries(context, fail, signal)) await collection.take(batch);
  return collection.report();
}

/** One collection: entries come in batches, directories behind what they hold. */
class Collection {
  readonly #context: Pick<StoreContext, "metadata" | "bytes" | "now">;
  readonly #grace: number;
  readonly #dryRun: boolean;
  readonly #removed: Collected[] = [];
  readonly #failed: { path: string; error: Error }[] = [];
  readonly #foreign = new Set<string>();
  /** Directories that something stays in. Each is dropped from it when its own turn has come. */
  readonly #occupied = new Set<string>();

  constructor(
    context: Pick<StoreContext, "metadata" | "bytes" | "now">,
    { grace, dryRun }: { grace: number; dryRun: boolean },
  ) {
    this.#context = context;
    this.#grace = grace;
    this.#dryRun = dryRun;
  }

  /** Notes an entry that cannot be looked at, or removed: one is no reason to keep the others. */
  readonly fail = (path: string, error: Error): void => {
    this.#failed.push({ path, error });
    this.#occupied.add(path);
    this.#occupied.add(parentOf(path));
  };

  async take(batch: readonly JudgedEntry[]): Promise<void> {
    const candidates: ByteEntry[] = [];
    for (const { entry, verdict } of batch) {
      if (verdict === "foreign") this.#foreign.add(topOf(entry.key));
      const goes = (verdict === "orphan" || verdict === "abandoned") && this.#isOld(entry);
      if (goes) candidates.push(entry);
      else this.#keep(entry);
    }
    if (candidates.length === 0) return;
    if (this.#dryRun) return await this.#removeAll(candidates);
    const staged = candidates.filter(isStaged);
    const orphans = candidates.filter((entry) => !isStaged(entry));
    // Staged bytes have locks of their own.
    if (staged.length > 0) await this.#removeAll(staged);
    if (orphans.length === 0) return;
    // The record of bytes that are being published is committed under the lock that this takes.
    const keys = orphans.map(({ key }) => key);
    let unnamed: ReadonlySet<string> = new Set();
    try {
      await this.#context.metadata.artifacts.removeIfUnnamed(keys, async (found) => {
        unnamed = found;
        await this.#removeAll(orphans.filter(({ key }) => found.has(key)));
      });
    } catch (error) {
      if (!isEntryFailure(error)) throw error;
      // On a full disk: what is staged can still go, which makes room for the next time.
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

  /** A time in the future is one of a clock that was wrong, and no reason to stay for ever. */
  #isOld({ modifiedAt }: ByteEntry): boolean {
    return Math.abs(this.#context.now() - modifiedAt.getTime()) >= this.#grace;
  }
}

function isStaged({ state }: ByteEntry): boolean {
  return state === "abandoned";
}

function kindOf(entry: ByteEntry, kind: ByteEntry["kind"]): Collected["kind"] {
  if (isStaged(entry)) return "staged";
  return kind === "directory" ? "directory" : "orphan";
}

function parentOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf("/")));
}
