/** Placing of a staged tree: missing directories are renamed, other files linked. */
import { dirname, join } from "@std/path";
import { UnsafePathError } from "../../base/errors.ts";
import type { PublishOptions } from "../byte_store.ts";
import { requirePlainDirectories } from "./directories.ts";
import { ignoreErrors } from "./cleanup.ts";
import { identityOf, lstat } from "./lstat.ts";
import { linkToPlace, type PlaceableFile, unpublish } from "./place_file.ts";

/** A rename that was done. */
interface Move {
  readonly from: string;
  readonly to: string;
  readonly identity: string;
}

/** Places the files of one tree, and can revert it. */
export class TreePlacement {
  readonly #tree: string;
  readonly #root: string;
  /** Directories by key, and whether they were renamed; the others existed. */
  readonly #directories = new Map<string, boolean>();
  readonly #moves: Move[] = [];
  readonly #entered = new Set<string>();

  /** Creates a placing of files from `tree` below `root`. */
  constructor(tree: string, root: string) {
    this.#tree = tree;
    this.#root = root;
  }

  /** Absolute paths of the directories with new entries. */
  get entered(): ReadonlySet<string> {
    return this.#entered;
  }

  /**
   * Places a file, or its outermost missing parent directory. The caller holds the write lock.
   *
   * @param make Ensures that the parent directories of a key exist.
   */
  async place(
    path: string,
    file: PlaceableFile,
    make: (path: string) => void,
    options: PublishOptions,
  ): Promise<void> {
    for (const directory of directoriesAbove(path)) {
      const isMoved = this.#directories.get(directory);
      if (isMoved) return;
      if (isMoved === undefined && this.#moveIfMissing(directory, path, make)) return;
    }
    make(path);
    const target = join(this.#root, path);
    await linkToPlace(file, target, path, options);
    this.#entered.add(dirname(target));
  }

  #moveIfMissing(directory: string, path: string, make: (path: string) => void): boolean {
    const to = join(this.#root, directory);
    const isMissing = lstat(to) === undefined;
    this.#directories.set(directory, isMissing);
    if (!isMissing) return false;
    make(directory);
    const from = join(this.#tree, directory);
    const info = Deno.lstatSync(from);
    if (!info.isDirectory) {
      throw new UnsafePathError(path, `${JSON.stringify(from)} is no longer a directory`);
    }
    this.#moves.push({ from, to, identity: identityOf(info) });
    Deno.renameSync(from, to);
    this.#entered.add(dirname(to));
    return true;
  }

  /**
   * Checks that nothing ended up elsewhere, because a directory was swapped for a link.
   *
   * @throws {UnsafePathError} If something did.
   */
  requireInPlace(files: ReadonlyMap<string, PlaceableFile>): void {
    const looked = new Set<string>();
    for (const [path, file] of files) {
      const directory = dirname(path);
      if (!looked.has(directory)) requirePlainDirectories(this.#root, path);
      looked.add(directory);
      if (file.isAt(join(this.#root, path))) continue;
      throw new UnsafePathError(path, "something else was put there while it was stored");
    }
  }

  /** Reverts the placing, as far as the files are still in place. */
  undo(files: ReadonlyMap<string, PlaceableFile>): void {
    for (const { from, to, identity } of this.#moves.splice(0).reverse()) {
      ignoreErrors(() => {
        if (identityOf(Deno.lstatSync(to)) === identity) Deno.renameSync(to, from);
      });
    }
    for (const [path, file] of files) {
      ignoreErrors(() => unpublish(file, join(this.#root, path)));
    }
  }
}

/** Yields the directories above a `/`-separated path: `a` and `a/b` for `a/b/c`. */
function* directoriesAbove(path: string): Generator<string> {
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) yield path.slice(0, at);
}
