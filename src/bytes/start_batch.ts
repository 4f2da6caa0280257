/** Batches with and without support by the store. */
import { inParallel } from "../base/in_parallel.ts";
import type {
  BatchOptions,
  ByteBatch,
  ByteReader,
  ByteStore,
  PublishOptions,
  StageOptions,
} from "./byte_store.ts";
import type { StagedBytes } from "./staged_bytes.ts";

/** Number of bytes published in parallel, if they are published individually. */
const WIDTH = 32;

/** Starts a batch of the store, or one that stages and publishes individually. */
export async function startBatch(bytes: ByteStore, options: BatchOptions): Promise<ByteBatch> {
  return await bytes.batch?.(options) ?? new SingleStepBatch(bytes);
}

/** A batch for stores without support for batches. */
class SingleStepBatch implements ByteBatch {
  readonly #bytes: ByteStore;
  readonly #staged = new Map<string, StagedBytes>();

  constructor(bytes: ByteStore) {
    this.#bytes = bytes;
  }

  async stage(source: ByteReader, key: string, options: StageOptions): Promise<StagedBytes> {
    const staged = await this.#bytes.stage(source, options);
    this.#staged.set(key, staged);
    return staged;
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  async publish(keys: Iterable<string>, options?: PublishOptions): Promise<void> {
    await inParallel(keys, WIDTH, async (key) => {
      await this.#bytes.publish(this.#staged.get(key)!, key, options);
    });
  }

  async end(): Promise<void> {
    for (const staged of this.#staged.values()) await staged.discard();
  }
}
