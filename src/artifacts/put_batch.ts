/** Stores many files of one run together: few syncs, one transaction. */
import { yieldToEventLoop } from "../base/async.ts";
import { ArtifactExistsError } from "../base/errors.ts";
import { inParallel } from "../base/in_parallel.ts";
import type { ByteBatch, StagedBytes } from "../bytes/byte_store.ts";
import { startBatch } from "../bytes/start_batch.ts";
import type { ArtifactRecord, NewArtifact } from "../metadata/artifact_index.ts";
import { guessContentType } from "./content_type.ts";
import type { ArtifactParts } from "./parts.ts";
import type { PutOptions } from "./put_options.ts";
import { openFile } from "./put_source.ts";
import type { FoundFile } from "./walk_directory.ts";

/** A batch ends at so many files or bytes: a failure costs no more than that. */
const MAX_FILES = 20_000;
const MAX_BYTES = 1024 ** 3;

/** Files staged in one turn of the event loop. */
const FILES_A_TURN = 32;

/** How to store files together. */
export interface PutFilesOptions extends Pick<PutOptions, "ifExists" | "signal"> {
  /** Files staged at a time. */
  readonly concurrency: number;
  /** Directory below which no link may lead to a file. */
  readonly within?: string | undefined;
  /** Called for a file that cannot be read; it is left out if this returns. */
  readonly onProblem: (file: FoundFile, error: unknown) => void;
}

/** A file that is staged, and the artifact that it becomes. */
interface Staged {
  readonly file: FoundFile;
  readonly staged: StagedBytes;
  readonly artifact: NewArtifact;
}

/** Files that were stored by one transaction, and those whose names were taken meanwhile. */
export interface StoredBatch {
  /** The records, by name. */
  readonly records: ReadonlyMap<string, ArtifactRecord>;
  /** Files to put by themselves. */
  readonly taken: readonly FoundFile[];
}

/** Stores files whose names are free, batch by batch: each is stored as a whole, or not at all. */
export async function* putBatches(
  parts: ArtifactParts,
  runId: string,
  files: readonly FoundFile[],
  options: PutFilesOptions,
): AsyncGenerator<StoredBatch> {
  const rest = files[Symbol.iterator]();
  for (let left = files.length; left > 0;) {
    const batch = await startBatch(parts.bytes, { count: Math.min(left, MAX_FILES), runId });
    try {
      const { staged, count } = await stageFiles(batch, runId, rest, options);
      left -= count;
      await batch.sync();
      yield await store(parts, runId, batch, staged, options);
    } finally {
      await batch.end();
    }
  }
}

async function stageFiles(
  batch: ByteBatch,
  runId: string,
  rest: Iterator<FoundFile>,
  { concurrency, within, onProblem, signal }: PutFilesOptions,
): Promise<{ staged: Staged[]; count: number }> {
  const staged: Staged[] = [];
  let [count, total] = [0, 0];
  function* next(): Generator<FoundFile> {
    while (count < MAX_FILES && total < MAX_BYTES) {
      const { done, value } = rest.next();
      if (done) return;
      count++;
      yield value;
    }
  }
  await inParallel(next(), concurrency, async (file) => {
    const { name, path } = file;
    try {
      // Small files are read and written in one turn: timers and signals need turns, too.
      if (count % FILES_A_TURN === 0) await yieldToEventLoop();
      signal?.throwIfAborted();
      const { reader } = openFile(name, path, within);
      const bytes = await batch.stage(reader, `${runId}/${name}`, { name, runId, signal });
      const { size, hash } = bytes;
      const contentType = await guessContentType(name);
      staged.push({ file, staged: bytes, artifact: { runId, name, contentType, size, hash } });
      total += size;
    } catch (error) {
      onProblem(file, error);
    }
  });
  staged.sort((a, b) => a.file.name < b.file.name ? -1 : 1);
  return { staged, count };
}

/** Publishes staged files and inserts their records. */
async function store(
  parts: ArtifactParts,
  runId: string,
  batch: ByteBatch,
  staged: readonly Staged[],
  { ifExists = "error", signal }: PutFilesOptions,
): Promise<StoredBatch> {
  const taken: FoundFile[] = [];
  for (let rest = staged; rest.length > 0;) {
    const attempt = new BatchAttempt(parts, batch, rest);
    const outcome = await attempt.insert(runId, signal);
    if ("records" in outcome) {
      const records = new Map(outcome.records.map((record) => [record.name, record]));
      return { records, taken };
    }
    const { found } = outcome;
    if (ifExists === "error") throw new ArtifactExistsError(runId, [...found.keys()][0]!);
    // They are put by themselves, as the name's artifact of now demands.
    for (const { file, staged } of rest) {
      if (!found.has(file.name)) continue;
      taken.push(file);
      await staged.discard();
    }
    rest = rest.filter(({ file }) => !found.has(file.name));
  }
  return { records: new Map(), taken };
}

/** One try to store a batch, and what is to be done if its records are not committed. */
class BatchAttempt {
  readonly #parts: ArtifactParts;
  readonly #batch: ByteBatch;
  readonly #staged: readonly Staged[];
  #progress: "none" | "publishing" | "published" = "none";

  constructor(parts: ArtifactParts, batch: ByteBatch, staged: readonly Staged[]) {
    this.#parts = parts;
    this.#batch = batch;
    this.#staged = staged;
  }

  async insert(
    runId: string,
    signal: AbortSignal | undefined,
  ): Promise<{ records: ArtifactRecord[] } | { found: ReadonlyMap<string, unknown> }> {
    const { index, orphans } = this.#parts;
    try {
      const artifacts = this.#staged.map(({ artifact }) => artifact);
      const outcome = await index.insertAll(runId, artifacts, this.#publish, signal);
      if ("found" in outcome) return outcome;
      for (const { staged } of this.#staged) await staged.release();
      await orphans.collect();
      return { records: outcome.inserted };
    } catch (error) {
      const records = await this.#takeBack();
      if (!records) throw error;
      return { records };
    }
  }

  readonly #publish = async (keys: readonly string[]): Promise<void> => {
    const { index } = this.#parts;
    // An index that is damaged may hide the records of bytes that are there.
    let named: Promise<ReadonlySet<string>> | undefined;
    const isOrphan = async (key: string) => !(await (named ??= index.namedForSure(keys))).has(key);
    this.#progress = "publishing";
    await this.#batch.publish(keys, { isOrphan });
    this.#progress = "published";
  };

  /**
   * After a failure: gives the records if their commit took place after all; else the bytes go, or
   * stay until it is certain that the commit has failed.
   */
  async #takeBack(): Promise<ArtifactRecord[] | undefined> {
    if (this.#progress === "none") return undefined;
    const { index, bytes, orphans } = this.#parts;
    try {
      const keys: string[] = [];
      const records: ArtifactRecord[] = [];
      for (const { artifact: { runId, name }, staged } of this.#staged) {
        const key = `${runId}/${name}`;
        if (!await bytes.isPublished(staged, key)) continue;
        const record = (await index.byName(runId, name))?.record;
        if (record?.path === key && record.hash === staged.hash) records.push(record);
        else keys.push(key);
      }
      if (records.length === this.#staged.length) return records;
      // The records may be in a commit that failed.
      if (this.#progress === "published") { for (const key of keys) orphans.add(key); }
      else await orphans.remove(keys);
      await orphans.collect();
    } catch {
      // Orphans stay behind: the next put of their names takes their places, or they are collected.
    }
  }
}
