/** Bytes that the next backup does not need, and paths that they occupy until it is complete. */
import { fold } from "../names/names.ts";

/** Bytes of the previous backup that the next one does not have under the same key. */
export class ObsoleteKeys {
  readonly #keys = new Map<string, string>();
  readonly #directories = new Map<string, Set<string>>();
  /** Their current keys. */
  readonly keys = new Set<string>();

  /** Adds the key of some bytes. */
  add(key: string): void {
    this.keys.add(key);
    this.#keys.set(fold(key), key);
    for (const directory of directoriesOf(fold(key))) {
      const below = this.#directories.get(directory);
      if (below) below.add(key);
      else this.#directories.set(directory, new Set([key]));
    }
  }

  /**
   * Returns the keys that prevent a file at `key`: the same path, a parent of it, or a path below
   * it, compared without regard to case.
   */
  conflictsWith(key: string): string[] {
    const folded = fold(key);
    const met = [folded, ...directoriesOf(folded)].map((path) => this.#keys.get(path));
    return [...met.filter((path) => path !== undefined), ...this.#directories.get(folded) ?? []];
  }

  /** Updates the key of bytes that were moved out of the way. */
  move(from: string, to: string): void {
    this.keys.delete(from);
    this.keys.add(to);
    this.#keys.delete(fold(from));
    for (const directory of directoriesOf(fold(from))) {
      this.#directories.get(directory)?.delete(from);
    }
  }
}

function directoriesOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join("/"));
}
