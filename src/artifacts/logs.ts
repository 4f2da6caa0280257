/** Artifacts that grow: a log can be read while it is written, and outlives its writer. */
import { wait } from "../base/async.ts";
import { ArtifactExistsError, InvalidNameError, RunNotFoundError } from "../base/errors.ts";
import type { ByteStore, StagedBytes } from "../bytes/byte_store.ts";
import type { GrowingBytes, GrowingEntry } from "../bytes/growing_bytes.ts";
import { assertArtifactName, assertRunId } from "../names/names.ts";
import type { Artifact } from "./artifact.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import { guessContentType } from "./content_type.ts";

/** Milliseconds between two looks at a log that grows. */
const LOOK_AGAIN = 200;

/** Milliseconds after which a log is removed that a run left which is gone. */
const GRACE = 24 * 60 * 60 * 1000;

/** What logs need of a store. */
export interface LogContext {
  /** Records and bytes, kept consistent with each other. */
  readonly artifacts: ArtifactStore;
  /** Bytes. */
  readonly bytes: ByteStore;
}

/** A log that this process writes. Got by {@linkcode Artifacts.startLog}. */
export class ArtifactLog {
  /** The run that it belongs to. */
  readonly runId: string;
  /** Name of the artifact that it becomes. */
  readonly name: string;
  readonly #bytes: GrowingBytes;
  readonly #store: (staged: StagedBytes) => Promise<Artifact>;
  #appending: Promise<void> = Promise.resolve();

  /** @ignore Made by the store. */
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

  /** Bytes so far. */
  get size(): number {
    return this.#bytes.size;
  }

  /**
   * Appends text or bytes: others can read them when the promise resolves, and they are durable a
   * second later. After a failure nothing more is appended.
   *
   * @throws {StorageError} If the disk refuses.
   */
  append(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const appended = this.#appending.then(() => this.#bytes.append(bytes));
    this.#appending = appended.catch(() => {});
    return appended;
  }

  /** Resolves once all that was appended is durable. */
  async sync(): Promise<void> {
    await this.#appending;
    await this.#bytes.sync();
  }

  /**
   * Ends the log, and stores it as an artifact, as far as it got.
   *
   * @returns The artifact.
   * @throws {ArtifactExistsError} If the run has an artifact of this name by now.
   */
  async end(): Promise<Artifact> {
    await this.#appending;
    return await this.#store(await this.#bytes.finish());
  }

  /** Closes the log without storing it; {@linkcode Artifacts.recoverLogs} does that later. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#appending;
    this.#bytes.close();
  }
}

/** Starts a log; `undefined` where bytes cannot grow. */
export async function startLog(
  { artifacts, bytes }: LogContext,
  runId: string,
  name: string,
): Promise<ArtifactLog | undefined> {
  await artifacts.admitAll(runId, [name], {});
  const growing = await bytes.growing?.create(runId, name);
  return growing &&
    new ArtifactLog({ runId, name }, growing, (staged) => store(artifacts, staged, runId, name));
}

/** The logs of a run, or of all runs, that are not artifacts yet. */
export async function listLogs({ bytes }: LogContext, runId?: string): Promise<GrowingEntry[]> {
  return await bytes.growing?.list(runId) ?? [];
}

/** A log as far as it got, or until its writer ends; `undefined` if there is none. */
export async function readLog(
  { bytes }: LogContext,
  runId: string,
  name: string,
  { follow = false, signal }: { follow?: boolean; signal?: AbortSignal },
): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
  assertRunId(runId);
  assertArtifactName(name);
  const reader = await bytes.growing?.open(runId, name);
  if (!reader) return undefined;
  return new ReadableStream({
    async pull(controller) {
      try {
        for (;;) {
          signal?.throwIfAborted();
          // Asked first: what is appended before the end is read then.
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
 * Stores logs that their writers left as artifacts, as far as they got; those of a run, or of all
 * runs. A log of a run that is gone is removed a day after it grew last.
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
  // The first name is that of another artifact if someone has put one meanwhile.
  for (const as of [name, `${name}.recovered`]) {
    try {
      await artifacts.admitAll(runId, [as], { ifExists: "same" });
      const staged = await bytes.growing!.take(runId, name);
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
