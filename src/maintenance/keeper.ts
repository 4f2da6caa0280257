/** Bytes that artifacts are about to share. */
import type { ByteEntry, ByteStore, OpenBytes, StagedBytes } from "../bytes/byte_store.ts";
import { hashFile } from "../bytes/hashing.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";

/**
 * Bytes known to be what the record says. They stay open: as long as they are, no other bytes can be
 * taken for them.
 */
export class Keeper implements Disposable {
  /** Which bytes they are. */
  readonly identity: string;
  /** The artifact that they were opened by. */
  #record: ArtifactRecord;
  #opened: OpenBytes | undefined;

  private constructor(record: ArtifactRecord, identity: string, opened?: OpenBytes) {
    this.#record = record;
    this.identity = identity;
    this.#opened = opened;
  }

  /** Bytes that nobody is to share for real: they are not read. */
  static unread(record: ArtifactRecord, { identity }: ByteEntry): Keeper {
    return new Keeper(record, identity);
  }

  /** Opens and hashes the bytes of an artifact; `undefined` if they are not what the record says. */
  static async open(
    record: ArtifactRecord,
    bytes: ByteStore,
    signal: AbortSignal | undefined,
  ): Promise<Keeper | undefined> {
    let opened: OpenBytes | undefined;
    try {
      opened = await bytes.open(record.path);
      const { size, hash } = await hashFile(opened, { signal }, record.size);
      if (size === record.size && hash === record.hash) {
        return new Keeper(record, opened.identity, opened);
      }
    } catch {
      // They are gone, or cannot be read: the others do without them.
    }
    opened?.close();
    signal?.throwIfAborted();
    return undefined;
  }

  /** Whether an artifact is to have the same bytes. */
  fits({ hash, size }: ArtifactRecord): boolean {
    return hash === this.#record.hash && size === this.#record.size;
  }

  /** Stages them once more without copying; `undefined` where that is not possible. */
  async stage(bytes: ByteStore): Promise<StagedBytes | undefined> {
    const { size, hash } = this.#record;
    return this.#opened && await bytes.copyFrom(this.#opened, { link: { size, hash } });
  }

  /** Whether the artifact still has them. */
  async isThere(bytes: ByteStore): Promise<boolean> {
    return (await entryOf(this.#record, bytes))?.identity === this.identity;
  }

  /** Opens them by another artifact that has them now: the first may be removed meanwhile. */
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

/** The bytes of an artifact, if they are a file of the right size; verify reports what else is there. */
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
