/** Bytes that a backup will have no use for, and which of them are in the way of others until then. */
import { fold } from "../names/names.ts";

/** Bytes of the backup in place that the next one does not have under their key. */
export class Departing {
  readonly #keys = new Map<string, string>();
  readonly #directories = new Map<string, Set<string>>();
  /** All keys, as they are now. */
  readonly keys = new Set<string>();

  /** Adds bytes by their key. */
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
   * The keys that are where bytes of a key must be, a directory of them, or below them, compared as a
   * file system does that ignores case.
   */
  inWayOf(key: string): string[] {
    const folded = fold(key);
    const met = [folded, ...directoriesOf(folded)].map((path) => this.#keys.get(path));
    return [...met.filter((path) => path !== undefined), ...this.#directories.get(folded) ?? []];
  }

  /** Notes that bytes have another key now, where they are in nobody's way. */
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
