/** Copies small artifacts in batches, which are made durable together. */
import { asReader } from "../artifacts/artifact_reader.ts";
import { yieldToEventLoop } from "../base/async.ts";
import { inParallel } from "../base/in_parallel.ts";
import type { ByteBatch, ByteStore } from "../bytes/byte_store.ts";
import { startBatch } from "../bytes/start_batch.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";
import { type Meter, WORTH_CLONING } from "./copy_artifacts.ts";

/** Number of artifacts staged in parallel. */
const WIDTH = 16;

/** Artifacts staged in one turn of the event loop. */
const ARTIFACTS_A_TURN = 32;

/** Maximum number and total size of the artifacts of a batch: an interruption loses no more. */
const MAX_ARTIFACTS = 4000;
const MAX_BYTES = 256 * 1024 * 1024;

/** An artifact to copy. */
export interface Wanted {
  /** Its record. */
  readonly record: ArtifactRecord;
  /** Whether its key had no bytes when it was inspected. */
  readonly isFree: boolean;
  /** Reports its progress. */
  readonly meter: Meter;
}

/** Artifacts that wait to be copied together. */
export class Waiting<T extends Wanted> {
  #wanted: T[] = [];
  #bytes = 0;

  /** Adds an artifact. */
  add(wanted: T): void {
    this.#wanted.push(wanted);
    this.#bytes += wanted.record.size;
  }

  /** Whether they are enough for a batch. */
  get isFull(): boolean {
    return this.#wanted.length >= MAX_ARTIFACTS || this.#bytes >= MAX_BYTES;
  }

  /** Returns the artifacts and forgets them. */
  take(): T[] {
    this.#bytes = 0;
    return this.#wanted.splice(0);
  }
}

/**
 * Copies artifacts whose bytes match their records, all or none. Artifacts that are large, share
 * their file with others or would replace bytes are left out.
 *
 * @returns The copied ones. The others have to be copied individually, which shows why they could
 * not be copied here.
 */
export async function copyTogether(
  wanted: readonly Wanted[],
  from: ByteStore,
  to: ByteStore,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<ArtifactRecord>> {
  const small = wanted.filter(({ record, isFree }) => isFree && record.size < WORTH_CLONING);
  if (small.length < 2) return new Set();
  const batch = await startBatch(to, { count: small.length });
  try {
    const staged = new Map<string, ArtifactRecord>();
    let count = 0;
    await inParallel(small, WIDTH, async ({ record, meter }) => {
      if (++count % ARTIFACTS_A_TURN === 0) await yieldToEventLoop();
      signal?.throwIfAborted();
      if (!await stage(batch, record, from, signal)) return;
      staged.set(record.path, record);
      meter.finish();
    });
    await batch.sync();
    await batch.publish(staged.keys());
    return new Set(staged.values());
  } catch {
    signal?.throwIfAborted();
    return new Set();
  } finally {
    await batch.end();
  }
}

/** Stages the bytes of a record; `false` if they do not match it, or cannot be staged. */
async function stage(
  batch: ByteBatch,
  { path, name, hash, size }: ArtifactRecord,
  from: ByteStore,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    // Bytes with the hash of the record are right, even if the artifact was replaced meanwhile.
    const bytes = await from.open(path);
    try {
      if (bytes.size !== size || (bytes.links ?? 1) > 1) return false;
      const staged = await batch.stage(asReader(bytes), path, { name, signal, mode: bytes.mode });
      if (staged.hash === hash) return true;
      await staged.discard();
      return false;
    } finally {
      bytes.close();
    }
  } catch {
    signal?.throwIfAborted();
    return false;
  }
}
