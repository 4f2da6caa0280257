/** Bytes that are staged together, and published together: those of a directory, or of an archive. */
import { inParallel } from "../base/in_parallel.ts";
import type { ByteReader, ByteStore, PublishOptions, StageOptions } from "./byte_store.ts";
import type { StagedBytes } from "./staged_bytes.ts";

/** Bytes published at a time, where they are published one by one. */
const WIDTH = 32;

/** How to start a batch. */
export interface BatchOptions {
  /** About how many keys there will be. */
  readonly count: number;
  /** The run that they all belong to, where it is one. */
  readonly runId?: string | undefined;
}

/**
 * Staged bytes of several keys. What is neither released nor discarded at the end of the batch is
 * discarded then.
 */
export interface ByteBatch {
  /**
   * Stages the bytes of a source for a key. They are durable once {@linkcode ByteBatch.sync} has
   * resolved after that.
   */
  stage(source: ByteReader, key: string, options: StageOptions): Promise<StagedBytes>;
  /** Makes all bytes that have been staged durable. */
  sync(): Promise<void>;
  /**
   * Gives the bytes of some keys those keys. The caller holds the write lock, has found no record of
   * any of them, and has discarded the other bytes of the batch. After a failure some may be published.
   *
   * @throws {StorageError} If there are bytes that are no orphan.
   */
  publish(keys: Iterable<string>, options?: PublishOptions): Promise<void>;
  /** Ends the batch; never rejects. */
  end(): Promise<void>;
}

/** Starts a batch in the way of the store, or one that stages and publishes one by one. */
export async function startBatch(bytes: ByteStore, options: BatchOptions): Promise<ByteBatch> {
  return await bytes.batch?.(options) ?? new SingleStepBatch(bytes);
}

/** A batch of a store that has no better way than one by one. */
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
