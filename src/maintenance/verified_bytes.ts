/** Verified bytes that artifacts are about to share. */
import type { ByteEntry, ByteStore, OpenBytes, StagedBytes } from "../bytes/byte_store.ts";
import { hashFile } from "../bytes/hashing.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";

/**
 * Bytes verified against their record. They are held open, so that their identity cannot be reused.
 */
export class VerifiedBytes implements Disposable {
  /** Identity of the bytes. */
  readonly identity: string;
  /** Artifact by which they were opened. */
  #record: ArtifactRecord;
  #opened: OpenBytes | undefined;

  private constructor(record: ArtifactRecord, identity: string, opened?: OpenBytes) {
    this.#record = record;
    this.identity = identity;
    this.#opened = opened;
  }

  /** Returns an instance for a dry run, without reading the bytes. */
  static unread(record: ArtifactRecord, { identity }: ByteEntry): VerifiedBytes {
    return new VerifiedBytes(record, identity);
  }

  /** Opens and hashes the bytes of an artifact; `undefined` if they do not match the record. */
  static async open(
    record: ArtifactRecord,
    bytes: ByteStore,
    signal: AbortSignal | undefined,
  ): Promise<VerifiedBytes | undefined> {
    let opened: OpenBytes | undefined;
    try {
      opened = await bytes.open(record.path);
      const { size, hash } = await hashFile(opened, { signal }, record.size);
      if (size === record.size && hash === record.hash) {
        return new VerifiedBytes(record, opened.identity, opened);
      }
    } catch {
      // Missing or unreadable bytes cannot be shared.
    }
    opened?.close();
    signal?.throwIfAborted();
    return undefined;
  }

  /** Whether an artifact should have the same bytes. */
  fits({ hash, size }: ArtifactRecord): boolean {
    return hash === this.#record.hash && size === this.#record.size;
  }

  /** Stages the bytes again without copying; `undefined` if that is not possible. */
  async stage(bytes: ByteStore): Promise<StagedBytes | undefined> {
    const { size, hash } = this.#record;
    return this.#opened && await bytes.copyFrom(this.#opened, { link: { size, hash } });
  }

  /** Whether the artifact still has these bytes. */
  async isThere(bytes: ByteStore): Promise<boolean> {
    return (await entryOf(this.#record, bytes))?.identity === this.identity;
  }

  /** Reopens the bytes by another artifact that now has them, because the first may be removed. */
  async moveTo(record: ArtifactRecord, bytes: ByteStore): Promise<void> {
    const opened = await bytes.open(record.path).catch(() => undefined);
    if (!opened) return;
    if (opened.identity !== this.identity) return opened.close();
    this.#opened?.close();
    this.#opened = opened;
    this.#record = record;
  }

  [Symbol.dispose](): void {
    this.#opened?.close();
  }
}

/**
 * Returns the entry of an artifact if it is a file of the recorded size. `verify` reports
 * everything else.
 */
export async function entryOf(
  { path, size }: ArtifactRecord,
  bytes: ByteStore,
): Promise<ByteEntry | undefined> {
  try {
    const entry = await bytes.stat(path);
    return entry?.kind === "file" && entry.size === size ? entry : undefined;
  } catch {
    return undefined;
  }
}
