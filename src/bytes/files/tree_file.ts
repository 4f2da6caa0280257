import type { StagedBytes } from "../byte_store.ts";
import type { Digest } from "../digest.ts";
import { ignoreErrors } from "./cleanup.ts";
import { isFileAt } from "./lstat.ts";

/** A file of a staged tree. Its batch holds the lock and removes the remains of the tree. */
export class TreeFile implements StagedBytes {
  readonly key: string;
  /** Absolute path of the staged name. */
  readonly path: string;
  readonly size: number;
  readonly hash: string;
  readonly #identity: string;

  /** Describes a file that has been written and closed. */
  constructor(
    { key, path, identity }: { key: string; path: string; identity: string },
    { size, hash }: Digest,
  ) {
    this.key = key;
    this.path = path;
    this.size = size;
    this.hash = hash;
    this.#identity = identity;
  }

  /** Whether the file at `path` is this one. */
  isAt(path: string): boolean {
    return isFileAt(path, this.#identity);
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  discard(): Promise<void> {
    ignoreErrors(() => Deno.removeSync(this.path));
    return Promise.resolve();
  }
}
