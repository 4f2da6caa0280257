/** The paths of artifacts that are to come, and what must not be there when they do. */
import type { IndexEntry } from "../metadata/artifact_index.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import { fold, STAGING } from "../names/names.ts";

/** Paths that files are to have, compared as a file system does that does not tell case apart. */
export class Coming {
  readonly #files = new Map<string, { path: string; hash: string }>();
  readonly #folders = new Set<string>();

  /** Notes the paths of all artifacts that can have one. */
  constructor(entries: readonly IndexEntry[]) {
    for (const { record, problem } of entries) {
      if (problem) continue;
      const key = fold(record.path);
      this.#files.set(key, record);
      for (const folder of directoriesOf(key)) this.#folders.add(folder);
    }
  }

  /** Whether a file is in the way: where a folder must be, below one to come, or in other case. */
  meetsFile(path: string): boolean {
    const key = fold(path);
    const other = this.#files.get(key);
    return this.#isBelowOne(key) || (other ? other.path !== path : this.#folders.has(key));
  }

  /** Whether a folder is where a file must be, or below that. */
  meetsFolder(path: string): boolean {
    const key = fold(path);
    return this.#files.has(key) || this.#isBelowOne(key);
  }

  /** Whether other bytes are to have this path. */
  replaces(path: string, hash: string): boolean {
    return (this.#files.get(fold(path))?.hash ?? hash) !== hash;
  }

  #isBelowOne(key: string): boolean {
    return directoriesOf(key).some((folder) => this.#files.has(folder));
  }
}

/**
 * Removes what is in the way and is nobody's: it has been moved aside, or was left by a backup that
 * did not get to its end.
 */
export function clearWay(coming: Coming, bytes: ByteStore, kept: Iterable<string>): void {
  const named = new Set<string>();
  for (const path of kept) {
    for (const part of [path, ...directoriesOf(path)]) named.add(part);
  }
  // Folders come behind what they hold.
  for (const entry of bytes.entries()) {
    const { path, kind } = entry;
    if (path.startsWith(`${STAGING}/`) || named.has(path)) continue;
    if (kind === "folder" ? coming.meetsFolder(path) : coming.meetsFile(path)) bytes.collect(entry);
  }
}

function directoriesOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join("/"));
}
