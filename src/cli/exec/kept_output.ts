/** Output of a program, stored as a growing log that becomes an artifact. */
import type { ArtifactLog } from "../../artifacts/logs.ts";
import { InvalidOptionError } from "../../base/errors.ts";
import type { Store } from "../../store/store.ts";

/** Stores one output stream. Its errors stop neither the program nor the pass-through. */
export class KeptOutput {
  readonly #store: Store;
  readonly #runId: string;
  readonly #name: string;
  readonly #limit: number;
  readonly #onLimit: (name: string) => Promise<void>;
  #log: Sink | undefined;
  #size = 0;
  #cut = false;
  #problem: Error | undefined;

  /** Stores at most `limit` bytes under a name; calls `onLimit` when there are more. */
  constructor(
    store: Store,
    runId: string,
    name: string,
    { limit = Infinity, onLimit }: { limit?: number; onLimit: (name: string) => Promise<void> },
  ) {
    this.#store = store;
    this.#runId = runId;
    this.#name = name;
    this.#limit = limit;
    this.#onLimit = onLimit;
  }

  /** Whether output was truncated. */
  get isCut(): boolean {
    return this.#cut;
  }

  /** Stores the next bytes; never throws. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#problem || this.#cut) return;
    const fitting = chunk.subarray(0, this.#limit - this.#size);
    try {
      this.#log ??= await openSink(this.#store, this.#runId, this.#name);
      if (fitting.length > 0) await this.#log.append(fitting);
      this.#size += fitting.length;
    } catch (error) {
      this.#problem = error as Error;
    }
    if (fitting.length === chunk.length) return;
    this.#cut = true;
    await this.#onLimit(this.#name);
  }

  /** Converts the stored output to an artifact; resolves to an error, if there was one. */
  async end(): Promise<Error | undefined> {
    try {
      await this.#log?.end();
    } catch (error) {
      this.#problem ??= error as Error;
    }
    return this.#problem;
  }
}

type Sink = Pick<ArtifactLog, "append"> & { end(): Promise<unknown> };

async function openSink(store: Store, runId: string, name: string): Promise<Sink> {
  try {
    return await store.artifacts.startLog(runId, name);
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
  }
  // A byte store without growing logs gets a streaming put; the artifact becomes visible at the
  // end.
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const stored = store.artifacts.put(runId, name, readable, { contentType: "text/plain" });
  stored.catch(() => {});
  return {
    append: (data) => writer.write(data as Uint8Array),
    end: async () => {
      await writer.close().catch(() => {});
      await stored;
    },
  };
}
