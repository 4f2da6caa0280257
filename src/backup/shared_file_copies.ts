/** Files shared by several artifacts; their copies share one file as well. */
import type { ByteStore } from "../bytes/byte_store.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";

/** Remembers the copy of each file with several links. */
export class SharedFileCopies {
  readonly #bytes: ByteStore;
  readonly #copies = new Map<string, Promise<ArtifactRecord | undefined>>();

  /** Creates an empty map for the store that is copied from. */
  constructor(bytes: ByteStore) {
    this.#bytes = bytes;
  }

  /**
   * Copies an artifact. If another artifact with the same file has been copied, it is passed to
   * `copy`. While the first one is copied, the others wait.
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
