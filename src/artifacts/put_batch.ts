/** Storing of many files of one run together, with few syncs and one transaction. */
import { yieldToEventLoop } from "../base/async.ts";
import { ArtifactExistsError } from "../base/errors.ts";
import { inParallel } from "../base/in_parallel.ts";
import type { ByteBatch, PublishOptions } from "../bytes/byte_store.ts";
import { startBatch } from "../bytes/start_batch.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";
import type { PutAllResult, StagedArtifact } from "./artifact_writer.ts";
import { guessContentType } from "./content_type.ts";
import type { ArtifactParts } from "./parts.ts";
import type { PutOptions } from "./put_options.ts";
import { openFile } from "./put_source.ts";
import type { FoundFile } from "./walk_directory.ts";

/** Maximum number of files and bytes per batch: a failure loses no more work than that. */
const MAX_FILES = 20_000;
const MAX_BYTES = 1024 ** 3;

/** Bytes published at a time, where they were staged one by one. */
const WIDTH = 32;

/** Files staged in one turn of the event loop. */
const FILES_A_TURN = 32;

/** Options for storing files together. */
export interface PutFilesOptions extends Pick<PutOptions, "ifExists" | "signal"> {
  /** Number of files staged in parallel. */
  readonly concurrency: number;
  /** Directory below which links are not followed. */
  readonly within?: string | undefined;
  /** Called for a file that cannot be read; it is skipped if this returns. */
  readonly onProblem: (file: FoundFile, error: unknown) => void;
}

/** A staged file with its future artifact. */
interface Staged extends StagedArtifact {
  readonly file: FoundFile;
}

/** Result of one transaction: stored files, and files whose names were taken meanwhile. */
export interface StoredBatch {
  /** Records by name. */
  readonly records: ReadonlyMap<string, ArtifactRecord>;
  /** Files to put individually. */
  readonly taken: readonly FoundFile[];
}

/** Stores files under free names in batches, each all or none. */
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
    const outcome = parts.writer
      ? await parts.writer.putAll(runId, rest, signal)
      : await new BatchAttempt(parts, batch, rest).insert(runId, signal);
    if ("records" in outcome) {
      const records = new Map(outcome.records.map((record) => [record.name, record]));
      return { records, taken };
    }
    const { found } = outcome;
    if (ifExists === "error") throw new ArtifactExistsError(runId, [...found.keys()][0]!);
    // Files with taken names are put individually, which applies `ifExists`.
    for (const { file, staged } of rest) {
      if (!found.has(file.name)) continue;
      taken.push(file);
      await staged.discard();
    }
    rest = rest.filter(({ file }) => !found.has(file.name));
  }
  return { records: new Map(), taken };
}

/** Stores bytes that were staged one by one, all or none. */
export async function putAllStaged(
  parts: ArtifactParts,
  runId: string,
  artifacts: readonly StagedArtifact[],
  signal?: AbortSignal,
): Promise<PutAllResult> {
  const { bytes } = parts;
  const staged = new Map(artifacts.map((each) => [`${runId}/${each.artifact.name}`, each.staged]));
  const publish = (keys: Iterable<string>, options?: PublishOptions) =>
    inParallel(keys, WIDTH, (key) => bytes.publish(staged.get(key)!, key, options));
  return await new BatchAttempt(parts, { publish }, artifacts).insert(runId, signal);
}

/** One attempt to store a batch, and cleanup if its records are not committed. */
class BatchAttempt {
  readonly #parts: ArtifactParts;
  readonly #batch: Pick<ByteBatch, "publish">;
  readonly #staged: readonly StagedArtifact[];
  #progress: "none" | "publishing" | "published" = "none";

  constructor(
    parts: ArtifactParts,
    batch: Pick<ByteBatch, "publish">,
    staged: readonly StagedArtifact[],
  ) {
    this.#parts = parts;
    this.#batch = batch;
    this.#staged = staged;
  }

  async insert(runId: string, signal: AbortSignal | undefined): Promise<PutAllResult> {
    const { index, orphans } = this.#parts;
    try {
      const artifacts = this.#staged.map(({ artifact }) => artifact);
      const outcome = await index.insertAll(runId, artifacts, this.#publish, signal);
      if ("found" in outcome) return outcome;
      for (const { staged } of this.#staged) await staged.release();
      await orphans.collect();
      return { records: outcome.inserted };
    } catch (error) {
      const records = await this.#rollBack();
      if (!records) throw error;
      return { records };
    }
  }

  readonly #publish = async (keys: readonly string[]): Promise<void> => {
    const { index } = this.#parts;
    // A damaged index may hide the records of existing bytes.
    let named: Promise<ReadonlySet<string>> | undefined;
    const isOrphan = async (key: string) => !(await (named ??= index.namedByScan(keys))).has(key);
    this.#progress = "publishing";
    await this.#batch.publish(keys, { isOrphan });
    this.#progress = "published";
  };

  /**
   * Cleans up after a failure. Returns the records if they were committed after all; otherwise
   * removes the bytes, or keeps them until the commit has certainly failed.
   */
  async #rollBack(): Promise<ArtifactRecord[] | undefined> {
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
      // The records may be in the failed commit.
      if (this.#progress === "published") { for (const key of keys) orphans.add(key); }
      else await orphans.remove(keys);
      await orphans.collect();
    } catch {
      // Best effort: the next put of each name replaces the orphan, or `gc` removes it.
    }
  }
}
