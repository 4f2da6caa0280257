import type { Hasher } from "../byte_store.ts";
import { HashPool } from "./hash_pool.ts";

/** Hashes published files on all cores. */
export class FileHasher implements Hasher {
  readonly #pool: HashPool;
  readonly #find: (key: string) => string;

  /** Creates a hasher for a total number of bytes. `find` returns the path of a key, or throws. */
  constructor(bytes: number, signal: AbortSignal, find: (key: string) => string) {
    this.#pool = new HashPool(bytes, signal);
    this.#find = find;
  }

  get width(): number {
    return this.#pool.width;
  }

  async hash(
    key: string,
    advance: (bytes: number) => void,
    signal?: AbortSignal,
  ): Promise<string> {
    return await this.#pool.hash(this.#find(key), advance, signal);
  }

  [Symbol.dispose](): void {
    this.#pool[Symbol.dispose]();
  }
}
