/** Operations of the file store that are about to go. */
import { join } from "@std/path";
import { UnsafePathError } from "../../base/errors.ts";
import { fsError } from "../../base/fs_error.ts";
import { OWNER, STAGING, unsafePath } from "../../names/names.ts";
import type { OnFailure, StagedBytes, StoredEntry } from "../byte_store.ts";
import { removeEmptyDirectories, requirePlainDirectories } from "./directories.ts";
import { changedAt } from "./changed_at.ts";
import { LOGS } from "./growing_files.ts";
import { identityOf, lstat } from "./lstat.ts";
import { isNote } from "./note_files.ts";
import { STAGED } from "./staged_key.ts";
import { lockIfFree, type StagedFile, stagedState } from "./staged_file.ts";

/** Operations with paths, and without waiting. */
export abstract class OldFileOperations {
  readonly #root: string;
  readonly #staging: string;

  /** Works below `root`. */
  constructor(root: string) {
    this.#root = root;
    this.#staging = join(root, STAGING);
  }

  stagedState(key: string): "absent" | "abandoned" | "in use" {
    if (!STAGED.test(key) || !lstat(this.#staging)?.isDirectory) return "absent";
    return stagedState(this.#staging, key);
  }

  dropStaged(key: string): void {
    if (this.stagedState(key) === "abandoned") Deno.removeSync(join(this.#staging, key));
  }

  remove(path: string): void {
    const target = this.locate(path);
    try {
      requirePlainDirectories(this.#root, path);
      if (!lstat(target)?.isDirectory) Deno.removeSync(target);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        throw fsError(error, `remove the bytes of ${JSON.stringify(path)}`);
      }
    }
    removeEmptyDirectories(this.#root, path);
  }

  holds(staged: StagedBytes, path: string): boolean {
    return fileOf(staged).isAt(this.locate(path));
  }

  look(path: string): StoredEntry | undefined {
    try {
      const target = this.locate(path);
      requirePlainDirectories(this.#root, path);
      return entryOf(path, Deno.lstatSync(target));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw fsError(error, `look at ${JSON.stringify(path)}`);
    }
  }

  *entries(under = "", onFailure?: OnFailure): Generator<StoredEntry> {
    const fail = (path: string, error: unknown, action: string) => {
      const failure = fsError(error, `${action} ${JSON.stringify(path || this.#root)}`);
      // Without its own directory, there is nothing that could follow.
      if (!onFailure || path === "") throw failure;
      onFailure(path, failure as Error);
    };
    let names: Deno.DirEntry[];
    try {
      names = [...Deno.readDirSync(join(this.#root, under))];
    } catch (error) {
      // It went away meanwhile, or no artifact has been stored yet.
      if (error instanceof Deno.errors.NotFound) return;
      return fail(under, error, "list");
    }
    for (const { name } of names) {
      const path = under === "" ? name : `${under}/${name}`;
      let info: Deno.FileInfo | undefined;
      try {
        info = lstat(join(this.#root, path));
      } catch (error) {
        fail(path, error, "look at");
      }
      if (!info || path === LOGS) continue; // Growing bytes have a list of their own.
      if (info.isDirectory) yield* this.entries(path, onFailure);
      if (path !== STAGING && path !== `${STAGING}/${OWNER}` && !isNote(name)) {
        yield entryOf(path, info);
      }
    }
  }

  isThere({ path, kind, identity }: StoredEntry): boolean {
    try {
      requirePlainDirectories(this.#root, path);
      const now = entryOf(path, Deno.lstatSync(join(this.#root, path)));
      return now.identity === identity && now.kind === kind;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw fsError(error, `look at ${JSON.stringify(path)}`);
    }
  }

  collect(entry: StoredEntry): boolean {
    const path = join(this.#root, entry.path);
    try {
      // One that its writer has made just now must not be locked by them between look and removal.
      using held = isStaged(entry) ? lockIfFree(path) : undefined;
      if (isStaged(entry) && !held || !this.isThere(entry)) return false;
      Deno.removeSync(path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw fsError(error, `remove ${JSON.stringify(entry.path)}`);
    }
  }

  locate(path: string): string {
    const reason = unsafePath(path);
    if (reason !== undefined) throw new UnsafePathError(path, reason);
    return join(this.#root, path);
  }
}

function entryOf(path: string, info: Deno.FileInfo): StoredEntry {
  const kind = info.isFile
    ? "file"
    : info.isDirectory
    ? "folder"
    : info.isSymlink
    ? "link"
    : "other";
  const since = changedAt(info);
  const size = info.isFile ? info.size : 0;
  return { path, kind, size, since, identity: identityOf(info) };
}

function isStaged({ path, kind }: StoredEntry): boolean {
  const [folder, ...key] = path.split("/");
  return kind === "file" && folder === STAGING && STAGED.test(key.join("/"));
}

/** What this store stages are files. */
function fileOf(staged: StagedBytes): StagedFile {
  return staged as StagedFile;
}
