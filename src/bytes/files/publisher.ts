/** Gives staged files their places below the root of a store. */
import { dirname } from "@std/path";
import { UnsafePathError } from "../../base/errors.ts";
import { fsError } from "../../base/fs_error.ts";
import type { PublishOptions } from "../byte_store.ts";
import {
  type Directory,
  DirectoryMaker,
  DirectorySync,
  requirePlainDirectories,
} from "./directories.ts";
import { ignoreErrors } from "./let_go.ts";
import { linkToPlace, type PlaceableFile, takeBack } from "./place_file.ts";
import { TreePlacing } from "./tree_placing.ts";

/** Publishes staged files, durably where that is asked for. */
export class Publisher {
  readonly #root: string;
  readonly #durable: boolean;
  readonly #syncs = new DirectorySync();
  readonly #maker: DirectoryMaker;
  /** Directories known to be durable in the directories above them. */
  readonly #durableIds = new Set<string>();

  /** Publishes below `root`. */
  constructor(root: string, durable: boolean) {
    this.#root = root;
    this.#durable = durable;
    this.#maker = new DirectoryMaker(root);
  }

  /** Links a staged file to its place; an orphan there is replaced. */
  async publish(
    staged: PlaceableFile,
    target: string,
    path: string,
    options: PublishOptions,
  ): Promise<void> {
    await this.#place(staged, target, path, () => linkToPlace(staged, target, path, options));
  }

  /**
   * Gives the files of a staged tree their places: a directory that is not there yet is renamed with
   * all that it holds, and each file of one that is there is linked. After a failure all is undone.
   *
   * @param tree Absolute path of the tree, which is laid out like the store.
   * @param files The files in it, by their keys.
   */
  async publishTree(
    tree: string,
    files: ReadonlyMap<string, PlaceableFile>,
    options: PublishOptions,
  ): Promise<void> {
    const placing = new TreePlacing(tree, this.#root);
    const fresh = new Map<string, Directory>();
    const make = (path: string) => {
      for (const found of this.#maker.make(path)) {
        if (found.made || !this.#durableIds.has(found.id)) fresh.set(found.id, found);
      }
    };
    try {
      for (const [path, file] of files) await placing.place(path, file, make, options);
      placing.requireInPlace(files);
      if (!this.#durable) return;
      const entered = new Set(placing.entered);
      for (const { path } of fresh.values()) entered.add(dirname(path));
      await Promise.all(Array.from(entered, (directory) => this.#syncs.sync(directory)));
      for (const id of fresh.keys()) this.#durableIds.add(id);
    } catch (error) {
      placing.undo(files);
      throw fsError(error, "store the files of a directory");
    }
  }

  /** Renames a staged file over the one in its place. */
  async replace(staged: PlaceableFile, target: string, path: string): Promise<void> {
    await this.#place(staged, target, path, () => Deno.renameSync(staged.path, target));
  }

  /** Puts an entry into the directory it belongs in, and makes it durable with all above it. */
  async #place(
    staged: PlaceableFile,
    target: string,
    path: string,
    enter: () => void | Promise<void>,
  ): Promise<void> {
    try {
      const directories = this.#maker.make(path);
      await enter();
      this.#requireInPlace(staged, target, path);
      if (!this.#durable) return;
      const fresh = directories.filter(({ id, made }) => made || !this.#durableIds.has(id));
      await Promise.all([
        this.#syncs.sync(dirname(target)),
        ...fresh.map((directory) => this.#syncs.sync(dirname(directory.path))),
      ]);
      for (const { id } of fresh) this.#durableIds.add(id);
    } catch (error) {
      throw fsError(error, `store ${JSON.stringify(path)}`);
    }
  }
  /** Takes back a file that was led elsewhere by what was swapped in since the directories were made. */
  #requireInPlace(staged: PlaceableFile, target: string, path: string): void {
    try {
      requirePlainDirectories(this.#root, path);
      if (staged.isAt(target)) return;
      throw new UnsafePathError(path, "something else was put there while it was stored");
    } catch (error) {
      ignoreErrors(() => takeBack(staged, target));
      throw error;
    }
  }
}
