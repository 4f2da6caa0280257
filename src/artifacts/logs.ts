/** Logs: artifacts that can be read while they grow, and that survive their writer. */
import { wait } from "../base/async.ts";
import { ArtifactExistsError, InvalidNameError, RunNotFoundError } from "../base/errors.ts";
import type { ByteStore, StagedBytes } from "../bytes/byte_store.ts";
import type { GrowingBytes, GrowingEntry } from "../bytes/growing_bytes.ts";
import { assertArtifactName, assertRunId } from "../names/names.ts";
import type { Artifact } from "./artifact.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import { guessContentType } from "./content_type.ts";

/** Interval of checks for new content, in milliseconds. */
const LOOK_AGAIN = 200;

/** Time after which the log of a removed run is deleted, in milliseconds. */
const GRACE = 24 * 60 * 60 * 1000;

/** The parts of a store that logs need. */
export interface LogContext {
  /** Records and bytes, kept consistent with each other. */
  readonly artifacts: ArtifactStore;
  /** Bytes. */
  readonly bytes: ByteStore;
}

/**
 * A log written by this process. Returned by {@linkcode Artifacts.startLog}. Needs only the
 * permissions of {@linkcode openStore}.
 */
export class ArtifactLog {
  /** Id of the run. */
  readonly runId: string;
  /** Name of the future artifact. */
  readonly name: string;
  readonly #bytes: GrowingBytes;
  readonly #store: (staged: StagedBytes) => Promise<Artifact>;
  #appending: Promise<void> = Promise.resolve();

  /** @ignore Created by the store. */
  constructor(
    { runId, name }: { runId: string; name: string },
    bytes: GrowingBytes,
    store: (staged: StagedBytes) => Promise<Artifact>,
  ) {
    this.runId = runId;
    this.name = name;
    this.#bytes = bytes;
    this.#store = store;
  }

  /** Number of bytes appended. */
  get size(): number {
    return this.#bytes.size;
  }

  /**
   * Appends text or bytes. When the promise resolves, others can read them; a second later they are
   * durable. After a failure nothing more is appended.
   *
   * @param data Text or bytes.
   * @returns A promise that resolves once they are written.
   * @throws {StorageError} If the disk fails.
   */
  append(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const appended = this.#appending.then(() => this.#bytes.append(bytes));
    this.#appending = appended.catch(() => {});
    return appended;
  }

  /**
   * Syncs the log to disk.
   *
   * @returns A promise that resolves once everything appended is durable.
   */
  async sync(): Promise<void> {
    await this.#appending;
    await this.#bytes.sync();
  }

  /**
   * Ends the log and stores it as an artifact.
   *
   * @returns The artifact.
   * @throws {ArtifactExistsError} If the run now has an artifact of this name.
   */
  async end(): Promise<Artifact> {
    await this.#appending;
    return await this.#store(await this.#bytes.finish());
  }

  /**
   * Closes the log without storing it, for `await using`; {@linkcode Artifacts.recoverLogs} stores
   * it later.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#appending;
    await this.#bytes.close();
  }
}

/** Starts a log; `undefined` if the byte store does not support growing logs. */
export async function startLog(
  { artifacts, bytes }: LogContext,
  runId: string,
  name: string,
): Promise<ArtifactLog | undefined> {
  await artifacts.checkNames(runId, [name], {});
  const growing = await bytes.growing?.create(runId, name);
  return growing &&
    new ArtifactLog({ runId, name }, growing, (staged) => store(artifacts, staged, runId, name));
}

/** Lists the logs of a run, or of all runs, that are not artifacts yet. */
export async function listLogs({ bytes }: LogContext, runId?: string): Promise<GrowingEntry[]> {
  return await bytes.growing?.list(runId) ?? [];
}

/**
 * Reads a log from the byte `start` up to its current end, or until its writer ends; `undefined` if
 * there is none.
 */
export async function readLog(
  { bytes }: LogContext,
  runId: string,
  name: string,
  { start = 0, follow = false, signal }: { start?: number; follow?: boolean; signal?: AbortSignal },
): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
  assertRunId(runId);
  assertArtifactName(name);
  const reader = await bytes.growing?.open(runId, name, start);
  if (!reader) return undefined;
  return new ReadableStream({
    async pull(controller) {
      try {
        for (;;) {
          signal?.throwIfAborted();
          // Checked before reading, so that content appended before the end is not missed.
          const growing = follow && reader.isGrowing();
          const chunk = new Uint8Array(64 * 1024);
          const count = await reader.read(chunk);
          if (count > 0) return controller.enqueue(chunk.subarray(0, count));
          if (!growing) break;
          await wait(LOOK_AGAIN, signal);
        }
        reader.close();
        controller.close();
      } catch (error) {
        reader.close();
        throw error;
      }
    },
    cancel: () => reader.close(),
  }, { highWaterMark: 0 });
}

/**
 * Stores the logs of dead writers as artifacts, for one run or all runs. The log of a removed run
 * is deleted one day after its last change.
 */
export async function recoverLogs(context: LogContext, runId?: string): Promise<Artifact[]> {
  const recovered: Artifact[] = [];
  for (const entry of await listLogs(context, runId)) {
    if (entry.growing) continue;
    const artifact = await recover(context, entry);
    if (artifact) recovered.push(artifact);
  }
  return recovered;
}

async function recover(
  { artifacts, bytes }: LogContext,
  { runId, name, changedAt }: GrowingEntry,
): Promise<Artifact | undefined> {
  // The first name may have been taken by another artifact meanwhile.
  for (const as of [name, `${name}.recovered`]) {
    try {
      await artifacts.checkNames(runId, [as], { ifExists: "same" });
      const staged = await bytes.growing!.stageAbandoned(runId, name);
      return staged && await store(artifacts, staged, runId, as);
    } catch (error) {
      if (error instanceof RunNotFoundError) {
        if (Date.now() - changedAt.getTime() > GRACE) await bytes.growing!.remove(runId, name);
        return undefined;
      }
      const taken = error instanceof ArtifactExistsError || error instanceof InvalidNameError;
      if (!taken) throw error;
    }
  }
}

async function store(
  artifacts: ArtifactStore,
  staged: StagedBytes,
  runId: string,
  name: string,
): Promise<Artifact> {
  const { size, hash } = staged;
  const contentType = await guessContentType(name, "text/plain");
  return artifacts.putStaged(staged, { runId, name, contentType, size, hash }, {
    ifExists: "same",
  });
}
