/** Files that several artifacts share: their copies share one too. */
import type { ByteStore } from "../bytes/byte_store.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";

/** Remembers what was copied of each file that has several names. */
export class Twins {
  readonly #bytes: ByteStore;
  readonly #copies = new Map<string, Promise<ArtifactRecord | undefined>>();

  /** Looks at the files of the store that is copied from. */
  constructor(bytes: ByteStore) {
    this.#bytes = bytes;
  }

  /**
   * Copies an artifact: `copy` is called with one that has the same file and has been copied, where
   * there is such. The first to come makes the others wait.
   */
  async copy(
    { path }: ArtifactRecord,
    copy: (twin: ArtifactRecord | undefined) => Promise<ArtifactRecord>,
  ): Promise<ArtifactRecord> {
    const entry = await this.#bytes.stat(path).catch(() => undefined);
    if (!entry || (entry.links ?? 1) < 2) return await copy(undefined);
    const first = this.#copies.get(entry.identity);
    if (first) return await copy(await first);
    const { promise, resolve } = Promise.withResolvers<ArtifactRecord | undefined>();
    this.#copies.set(entry.identity, promise);
    try {
      const copied = await copy(undefined);
      resolve(copied);
      return copied;
    } catch (error) {
      resolve(undefined);
      throw error;
    }
  }
}
