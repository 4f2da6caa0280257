/** Deduplication: artifacts with equal bytes share one file; names and paths stay. */
import { StorageError } from "../base/errors.ts";
import type { ByteEntry, Progress } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";
import { isEntryFailure } from "./entry_failure.ts";
import { entryOf, VerifiedBytes } from "./verified_bytes.ts";

/** Options for {@linkcode Store.dedup}. */
export interface DedupOptions {
  /**
   * Whether to only report what would be shared. Works on a read-only store as well.
   *
   * @default {false}
   */
  readonly dryRun?: boolean;
  /** Stops the deduplication; artifacts already shared stay shared. */
  readonly signal?: AbortSignal;
  /** Called with the number of bytes processed, of all artifacts that have a duplicate. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Result of a deduplication. */
export interface DedupReport {
  /** Whether this is only a preview and nothing was changed. */
  readonly dryRun: boolean;
  /** Artifacts that now share another's file; with `dryRun`, those that would. */
  readonly shared: readonly ArtifactRecord[];
  /** Bytes freed by sharing. */
  readonly bytes: number;
  /** Artifacts that keep their own file because links are not possible. */
  readonly unshared: readonly ArtifactRecord[];
  /** Artifacts that could not be changed, and why. */
  readonly failed: readonly { readonly artifact: ArtifactRecord; readonly error: Error }[];
}

type Context = Pick<StoreContext, "metadata" | "bytes">;

/** Deduplicates a store. */
export async function dedup(
  context: Context,
  { dryRun = false, signal, onProgress }: DedupOptions,
): Promise<DedupReport> {
  signal?.throwIfAborted();
  if (!context.bytes.canShare) {
    throw new StorageError(
      "share the bytes of artifacts",
      "an object store keeps the bytes of each artifact by themselves; there is nothing to save",
    );
  }
  const total = onProgress && await sumOf(duplicates(context));
  const work = new Deduplication(context, dryRun, signal);
  let done = 0;
  try {
    for await (const record of duplicates(context)) {
      signal?.throwIfAborted();
      await work.add(record);
      onProgress?.({ bytes: done += record.size, total });
    }
  } finally {
    work.end();
  }
  return work.report();
}

/** Yields artifacts that have duplicates; those with equal bytes are adjacent. */
async function* duplicates({ metadata }: Context): AsyncGenerator<ArtifactRecord> {
  for await (const { record, problem } of metadata.artifacts.eachDuplicate()) {
    if (!problem && record.size > 0) yield record;
  }
}

async function sumOf(records: AsyncIterable<ArtifactRecord>): Promise<number> {
  let sum = 0;
  for await (const { size } of records) sum += size;
  return sum;
}

/** One deduplication. Only the report is held in memory. */
class Deduplication {
  readonly #context: Context;
  readonly #dryRun: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #shared: ArtifactRecord[] = [];
  readonly #unshared: ArtifactRecord[] = [];
  readonly #failed: { artifact: ArtifactRecord; error: Error }[] = [];
  #original: VerifiedBytes | undefined;
  /** Links remaining per file of the group after a dry run, by identity. */
  #names = new Map<string, number>();
  #freed = 0;

  constructor(context: Context, dryRun: boolean, signal: AbortSignal | undefined) {
    this.#context = context;
    this.#dryRun = dryRun;
    this.#signal = signal;
  }

  /** Processes the next artifact: the first of a group keeps its file, the others share it. */
  async add(record: ArtifactRecord): Promise<void> {
    if (!this.#original?.fits(record)) this.end();
    const entry = await entryOf(record, this.#context.bytes);
    if (!entry) return;
    if (!this.#original) return await this.#keep(record, entry);
    if (entry.identity === this.#original.identity) return;
    try {
      await this.#share(record, entry, this.#original);
    } catch (error) {
      if (!isEntryFailure(error)) throw error;
      this.#failed.push({ artifact: record, error });
    }
  }

  /** Ends a group of equal artifacts. */
  end(): void {
    this.#original?.[Symbol.dispose]();
    this.#original = undefined;
    this.#names.clear();
  }

  report(): DedupReport {
    return {
      dryRun: this.#dryRun,
      shared: this.#shared,
      bytes: this.#freed,
      unshared: this.#unshared,
      failed: this.#failed,
    };
  }

  async #keep(record: ArtifactRecord, entry: ByteEntry): Promise<void> {
    const next = this.#dryRun
      ? VerifiedBytes.unread(record, entry)
      : await VerifiedBytes.open(record, this.#context.bytes, this.#signal);
    if (!next) return;
    this.#original?.[Symbol.dispose]();
    this.#original = next;
  }

  async #share(record: ArtifactRecord, entry: ByteEntry, keeper: VerifiedBytes): Promise<void> {
    const { metadata, bytes } = this.#context;
    if (this.#dryRun) return this.#count(record, entry);
    const staged = await keeper.stage(bytes);
    if (!staged) {
      if (await keeper.isThere(bytes)) this.#unshared.push(record);
      // The file may have reached the limit on hard links; the next artifacts share this one.
      return await this.#keep(record, entry);
    }
    try {
      // The bytes have been verified, so the replacement is right whatever the file was before.
      const isSame = await metadata.artifacts.republish(record, async (key) => {
        await bytes.replace(staged, key);
      });
      if (!isSame) return;
      this.#count(record, entry);
      await keeper.moveTo(record, bytes);
    } finally {
      await staged.discard();
    }
  }

  /**
   * Counts an artifact as shared. Its bytes are freed once the last link to its own file is gone.
   */
  #count(record: ArtifactRecord, { identity, links }: ByteEntry): void {
    this.#shared.push(record);
    const left = (this.#dryRun ? this.#names.get(identity) ?? links : links) - 1;
    if (left === 0) this.#freed += record.size;
    if (this.#dryRun && links > 1) this.#names.set(identity, left);
  }
}
