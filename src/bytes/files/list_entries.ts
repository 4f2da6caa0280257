/** Listing of the entries below the root of a file store. */
import { join } from "@std/path";
import { fsError } from "../../base/fs_error.ts";
import { OWNER, STAGING } from "../../names/names.ts";
import type { ByteEntry, ListOptions } from "../byte_store.ts";
import { changedAt } from "./changed_at.ts";
import { LOGS } from "./growing_files.ts";
import { identityOf, lstat } from "./lstat.ts";
import { isNote } from "./note_files.ts";
import { STAGED } from "./staged_key.ts";
import { isInUse } from "./staged_file.ts";

/** Lists entries of a file store. */
export class EntryLister {
  readonly #root: string;

  /** Creates a lister for `root`. */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Yields all entries below `prefix`, including staged files; directories follow their content.
   * Links are not followed.
   */
  *list(prefix: string, { onFailure, unpublished }: ListOptions = {}): Generator<ByteEntry> {
    if (unpublished) {
      if (prefix === "") yield* this.list(STAGING, { onFailure });
      return;
    }
    const fail = (key: string, error: unknown, action: string) => {
      const failure = fsError(error, `${action} ${JSON.stringify(key || this.#root)}`);
      // Without its root there is nothing else to list.
      if (!onFailure || key === "") throw failure;
      onFailure(key, failure as Error);
    };
    let names: string[];
    try {
      names = this.#namesIn(prefix);
    } catch (error) {
      // It was removed meanwhile, or no artifact has been stored yet.
      if (error instanceof Deno.errors.NotFound) return;
      return fail(prefix, error, "list");
    }
    for (const name of names) {
      const key = prefix === "" ? name : `${prefix}/${name}`;
      // Growing logs are listed separately.
      if (key === `${STAGING}/${OWNER}` || key === LOGS) continue;
      if (prefix === STAGING && isNote(name)) continue;
      let entry: ByteEntry | undefined;
      try {
        const info = lstat(join(this.#root, key));
        entry = info && this.#entryOf(key, info);
      } catch (error) {
        fail(key, error, "inspect");
      }
      if (!entry) continue;
      if (entry.kind === "directory" && entry.state !== "foreign") {
        yield* this.list(key, { onFailure });
      }
      if (key !== STAGING) yield entry;
    }
  }

  /** Returns the entry at a key. */
  stat(key: string): ByteEntry | undefined {
    const info = lstat(join(this.#root, key));
    return info && this.#entryOf(key, info);
  }

  /** Returns the names in a directory; empty if it was swapped for a link while it was read. */
  #namesIn(prefix: string): string[] {
    const path = join(this.#root, prefix);
    if (prefix === "") return [...Deno.readDirSync(path)].map(({ name }) => name);
    const before = Deno.lstatSync(path);
    if (!before.isDirectory) return [];
    const names = [...Deno.readDirSync(path)].map(({ name }) => name);
    return identityOf(Deno.lstatSync(path)) === identityOf(before) ? names : [];
  }

  #entryOf(key: string, info: Deno.FileInfo): ByteEntry {
    const kind = info.isFile
      ? "file"
      : info.isDirectory
      ? "directory"
      : info.isSymlink
      ? "link"
      : "other";
    const modifiedAt = changedAt(info);
    const size = info.isFile ? info.size : 0;
    const state = this.#stateOf(key, kind);
    const links = info.nlink ?? 1;
    return { key, kind, state, size, modifiedAt, links, identity: identityOf(info) };
  }

  #stateOf(key: string, kind: ByteEntry["kind"]): ByteEntry["state"] {
    const [first, ...rest] = key.split("/");
    if (first === STAGING) {
      // Directories are staged trees, which share the lock of their batch.
      const isTree = rest[0]?.includes(".") && STAGED.test(rest[0]);
      if (kind !== "file" && !(kind === "directory" && isTree)) return "abandoned";
      return isInUse(join(this.#root, STAGING), rest.join("/")) ? "staged" : "abandoned";
    }
    // Artifacts are inside the directories of their runs.
    return rest.length === 0 && kind !== "directory" ? "foreign" : "published";
  }
}
