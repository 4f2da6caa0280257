/** Copies runs from store to store: each is verified, and stored with all that it has, or not at all. */
import { asReader } from "../artifacts/artifact_reader.ts";
import { ChachamlError, IntegrityError, StorageError } from "../base/errors.ts";
import { inParallel } from "../base/in_parallel.ts";
import type { StagedBytes } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import type { ArtifactDocument, RunDocument } from "../metadata/run_document.ts";
import { hasAll } from "../metadata/run_growth.ts";
import type { RemoteCare } from "../remote/remote_care.ts";
import { exportDocuments } from "./export.ts";
import type { ImportReport } from "./import.ts";
import { insertRuns } from "./insert_runs.ts";

/** Artifacts of a run copied at a time. */
const WIDTH = 16;

/** Times that a run is copied again because it changed meanwhile. */
const MAX_TRIES = 3;

/** Reports how far a copy has come. */
export interface CopyProgress {
  /** Runs done. */
  readonly runs: number;
  /** Artifacts copied. */
  readonly artifacts: number;
  /** Bytes copied. */
  readonly bytes: number;
}

/** A run that could not be copied. */
export interface NotCopied {
  /** Its id. */
  readonly runId: string;
  /** Why: the other store has a different run of this id, or an artifact is damaged. */
  readonly error: Error;
}

/** Result of a copy. */
export interface CopyReport {
  /** Runs that the other store did not have. */
  readonly copied: number;
  /** Runs that it had in part, and has now. */
  readonly updated: number;
  /** Runs that it had already. */
  readonly existing: number;
  /** Artifacts copied. */
  readonly artifacts: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Runs that could not be copied. */
  readonly failed: readonly NotCopied[];
}

/** How to copy. */
export interface CopyRunsOptions {
  /** Stops the work; runs that have been copied stay. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each artifact and each run. */
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}

/** Copies runs, one after the other. A run that cannot be copied stops none of the others. */
export async function copyRuns(
  from: StoreContext,
  to: StoreContext,
  ids: AsyncIterable<string>,
  options: CopyRunsOptions,
): Promise<CopyReport> {
  const batch = crypto.randomUUID();
  // A server stages by itself what arrives.
  const release = to.remote ? async () => {} : await to.bytes.lease(batch);
  if (!release) throw new StorageError("copy runs", "the staging directory cannot be locked");
  try {
    const copy = new Copy(from, to, batch, options);
    for await (const id of ids) {
      options.signal?.throwIfAborted();
      await copy.run(id);
    }
    return copy.report();
  } finally {
    await release();
  }
}

/** One copy under way. */
class Copy {
  readonly #from: StoreContext;
  readonly #to: StoreContext;
  readonly #batch: string;
  readonly #options: CopyRunsOptions;
  readonly #counts = { copied: 0, updated: 0, existing: 0, artifacts: 0, bytes: 0 };
  readonly #failed: NotCopied[] = [];

  constructor(from: StoreContext, to: StoreContext, batch: string, options: CopyRunsOptions) {
    this.#from = from;
    this.#to = to;
    this.#batch = batch;
    this.#options = options;
  }

  async run(id: string): Promise<void> {
    for (let tries = 1;; tries++) {
      try {
        await this.#tryRun(id);
        break;
      } catch (error) {
        this.#options.signal?.throwIfAborted();
        // A run under way may have replaced or removed an artifact since it was read.
        if (isOfRun(error) && tries < MAX_TRIES) continue;
        if (!isOfRun(error)) throw error;
        this.#failed.push({ runId: id, error });
        break;
      }
    }
    this.#report();
  }

  report(): CopyReport {
    return { ...this.#counts, failed: this.#failed };
  }

  #report(): void {
    const { copied, updated, existing, artifacts, bytes } = this.#counts;
    const runs = copied + updated + existing + this.#failed.length;
    this.#options.onProgress?.({ runs, artifacts, bytes });
  }

  async #tryRun(id: string): Promise<void> {
    const run = await this.#from.metadata.runs.document(id);
    if (!run) return; // It was removed meanwhile.
    const there = await this.#to.metadata.runs.document(id);
    if (there && hasAll(there, run)) return void this.#counts.existing++;
    const known = new Set(there?.artifacts.map(({ id }) => id));
    if (this.#to.remote) return await this.#send(this.#to.remote, run, known);
    const staged = new Map<string, StagedBytes>();
    try {
      const missing = run.artifacts.filter(({ id }) => !known.has(id));
      await inParallel(missing, WIDTH, async (artifact) => {
        staged.set(artifact.name, await this.#stage(run, artifact));
      });
      const adopted = await insertRuns(this.#to, [{ archivedId: id, run, staged }]);
      const gained = adopted.get(id);
      this.#counts[!gained ? "existing" : gained.isNew ? "copied" : "updated"]++;
      for (const { size } of gained?.run.artifacts ?? []) {
        this.#counts.artifacts++;
        this.#counts.bytes += size;
      }
    } finally {
      for (const bytes of staged.values()) await bytes.discard();
    }
  }

  /** Sends a run to a server as an archive, without the files of artifacts that are known there. */
  async #send(to: RemoteCare, run: RunDocument, known: ReadonlySet<string>): Promise<void> {
    const { signal } = this.#options;
    const how = signal ? { signal } : {};
    const archive = ReadableStream.from(exportDocuments(this.#from, [run], how, known));
    const sent = { newIds: false, isPartial: true, signal };
    const { runs, artifacts, bytes } = await to.import(archive, sent) as ImportReport;
    const { imported = false, merged = false } = runs[0] ?? {};
    this.#counts[imported ? "copied" : merged ? "updated" : "existing"]++;
    this.#counts.artifacts += artifacts;
    this.#counts.bytes += bytes;
  }

  async #stage(run: RunDocument, { id, name, hash }: ArtifactDocument): Promise<StagedBytes> {
    const { signal } = this.#options;
    const { bytes } = await this.#from.artifacts.open(id);
    const staged = await this.#to.bytes.stage(asReader(bytes), {
      runId: run.id,
      name,
      batch: this.#batch,
      signal,
      mode: bytes.mode,
    });
    if (staged.hash === hash) return staged;
    await staged.discard();
    const state = "its bytes are not those that were stored; restore it from a backup";
    throw new IntegrityError(name, state, hash, staged.hash);
  }
}

/** Whether an error is of one run: others can still be copied. */
function isOfRun(error: unknown): error is Error {
  return error instanceof ChachamlError &&
    ["run-state", "integrity", "artifact-not-found", "damaged-row", "unsafe-path"]
      .includes(error.code);
}
