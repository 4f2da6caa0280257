import type { ByteStore } from "../bytes/byte_store.ts";
import type { ArtifactIndex } from "../metadata/artifact_index.ts";

/**
 * Bytes whose record could not be committed. A commit that failed may still be found done after a
 * crash, as long as no other one has followed: the bytes stay until then.
 */
export class Orphans {
  readonly #index: ArtifactIndex;
  readonly #bytes: ByteStore;
  readonly #keys = new Set<string>();

  /** Removes bytes of `bytes` that no record of `index` names. */
  constructor(index: ArtifactIndex, bytes: ByteStore) {
    this.#index = index;
    this.#bytes = bytes;
  }

  /** Keeps in mind that the bytes at a key may have no record. */
  add(key: string): void {
    this.#keys.add(key);
  }

  /** Removes such bytes, as soon as another commit has succeeded; what cannot be removed is left to gc. */
  async collect(): Promise<void> {
    if (this.#keys.size === 0) return;
    const keys = [...this.#keys];
    try {
      await this.remove(keys);
      keys.forEach((key) => this.#keys.delete(key));
    } catch {
      // The disk still refuses: the next put tries again.
    }
  }

  /** Removes those bytes that have no record, once a commit has succeeded. */
  async remove(keys: readonly string[]): Promise<Error[]> {
    let failures: Error[] = [];
    await this.#index.removeIfUnnamed(keys, async (unnamed) => {
      failures = await this.#bytes.removeAll([...unnamed]);
    });
    return failures;
  }
}
