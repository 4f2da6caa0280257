/** Makes artifacts with the same bytes share one file; names and paths stay as they are. */
import type { ByteEntry, Progress } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";
import { isEntryFailure } from "./entry_failure.ts";
import { entryOf, Keeper } from "./keeper.ts";

/** How to make artifacts share files. */
export interface DedupOptions {
  /**
   * Whether to only show what would be shared. A read-only store allows that too.
   *
   * @default {false}
   */
  readonly dryRun?: boolean;
  /** Stops the work; what has been shared stays so. */
  readonly signal?: AbortSignal;
  /** Called with the bytes looked at so far, of all artifacts that have the bytes of another. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Result of a deduplication. */
export interface DedupReport {
  /** Whether nothing was changed, only shown. */
  readonly dryRun: boolean;
  /** Artifacts that now share the file of another; with `dryRun`, those that would. */
  readonly shared: readonly ArtifactRecord[];
  /** Bytes freed by that. */
  readonly bytes: number;
  /** Artifacts that keep a file of their own though another has the same bytes: links are impossible. */
  readonly unshared: readonly ArtifactRecord[];
  /** Artifacts that could not be changed, and why. */
  readonly failed: readonly { readonly artifact: ArtifactRecord; readonly error: Error }[];
}

type Context = Pick<StoreContext, "metadata" | "bytes">;

/** Shares what can be shared. */
export async function dedup(
  context: Context,
  { dryRun = false, signal, onProgress }: DedupOptions,
): Promise<DedupReport> {
  signal?.throwIfAborted();
  const total = onProgress && await sumOf(duplicates(context));
  const work = new Deduplication(context, dryRun, signal);
  let done = 0;
  try {
    for await (const record of duplicates(context)) {
      signal?.throwIfAborted();
      await work.take(record);
      onProgress?.({ bytes: done += record.size, total });
    }
  } finally {
    work.end();
  }
  return work.report();
}

/** Artifacts that have the bytes of another, those of the same bytes in a row. */
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

/** One deduplication. Nothing is kept in memory but what the report lists. */
class Deduplication {
  readonly #context: Context;
  readonly #dryRun: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #shared: ArtifactRecord[] = [];
  readonly #unshared: ArtifactRecord[] = [];
  readonly #failed: { artifact: ArtifactRecord; error: Error }[] = [];
  #keeper: Keeper | undefined;
  /** Names that files of the group would still have after a dry run, by identity. */
  #names = new Map<string, number>();
  #freed = 0;

  constructor(context: Context, dryRun: boolean, signal: AbortSignal | undefined) {
    this.#context = context;
    this.#dryRun = dryRun;
    this.#signal = signal;
  }

  /** Takes the next artifact: the first of a group keeps its file, the others share it. */
  async take(record: ArtifactRecord): Promise<void> {
    if (!this.#keeper?.fits(record)) this.end();
    const entry = await entryOf(record, this.#context.bytes);
    if (!entry) return;
    if (!this.#keeper) return await this.#keep(record, entry);
    if (entry.identity === this.#keeper.identity) return;
    try {
      await this.#share(record, entry, this.#keeper);
    } catch (error) {
      if (!isEntryFailure(error)) throw error;
      this.#failed.push({ artifact: record, error });
    }
  }

  /** Ends a group. */
  end(): void {
    this.#keeper?.[Symbol.dispose]();
    this.#keeper = undefined;
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
      ? Keeper.unread(record, entry)
      : await Keeper.open(record, this.#context.bytes, this.#signal);
    if (!next) return;
    this.#keeper?.[Symbol.dispose]();
    this.#keeper = next;
  }

  async #share(record: ArtifactRecord, entry: ByteEntry, keeper: Keeper): Promise<void> {
    const { metadata, bytes } = this.#context;
    if (this.#dryRun) return this.#count(record, entry);
    const staged = await keeper.stage(bytes);
    if (!staged) {
      if (await keeper.isThere(bytes)) this.#unshared.push(record);
      // Perhaps its file has as many names as there can be: the next ones share another.
      return await this.#keep(record, entry);
    }
    try {
      // Whatever file it had, what it gets is what its record says.
      const isSame = await metadata.artifacts.renew(record, (key) => bytes.replace(staged, key));
      if (!isSame) return;
      this.#count(record, entry);
      await keeper.moveTo(record, bytes);
    } finally {
      await staged.discard();
    }
  }

  /** Counts an artifact as sharing; the bytes of its own file are freed with the last name of it. */
  #count(record: ArtifactRecord, { identity, links }: ByteEntry): void {
    this.#shared.push(record);
    const left = (this.#dryRun ? this.#names.get(identity) ?? links : links) - 1;
    if (left === 0) this.#freed += record.size;
    if (this.#dryRun && links > 1) this.#names.set(identity, left);
  }
}
