import type { ByteStore } from "../bytes/byte_store.ts";
import type { ArtifactIndex } from "../metadata/artifact_index.ts";

/**
 * Published bytes whose record could not be committed. After a crash, a failed commit may still
 * become visible unless another has followed, so the bytes are kept until then.
 */
export class Orphans {
  readonly #index: ArtifactIndex;
  readonly #bytes: ByteStore;
  readonly #keys = new Set<string>();

  /** Creates an empty set for `bytes`, whose records are in `index`. */
  constructor(index: ArtifactIndex, bytes: ByteStore) {
    this.#index = index;
    this.#bytes = bytes;
  }

  /** Adds a key whose bytes may have no record. */
  add(key: string): void {
    this.#keys.add(key);
  }

  /**
   * Removes the bytes if another commit has succeeded. On failure they are kept for the next
   * attempt or for `gc`.
   */
  async collect(): Promise<void> {
    if (this.#keys.size === 0) return;
    const keys = [...this.#keys];
    try {
      await this.remove(keys);
      keys.forEach((key) => this.#keys.delete(key));
    } catch {
      // The disk still fails: the next put tries again.
    }
  }

  /** Removes bytes without a record, in a transaction that commits first. */
  async remove(keys: readonly string[]): Promise<Error[]> {
    let failures: Error[] = [];
    await this.#index.removeIfUnnamed(keys, async (unnamed) => {
      failures = await this.#bytes.removeAll([...unnamed]);
    });
    return failures;
  }
}
