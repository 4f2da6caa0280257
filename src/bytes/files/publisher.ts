/** Publishing of staged files below the root of a store. */
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
import { ignoreErrors } from "./cleanup.ts";
import { linkToPlace, type PlaceableFile, unpublish } from "./place_file.ts";
import { TreePlacement } from "./tree_placement.ts";

/** Publishes staged files, durably on request. */
export class Publisher {
  readonly #root: string;
  readonly #durable: boolean;
  readonly #syncs = new DirectorySync();
  readonly #maker: DirectoryMaker;
  /** Directories whose entries in their parents are known to be durable. */
  readonly #durableIds = new Set<string>();

  /** Creates a publisher below `root`. */
  constructor(root: string, durable: boolean) {
    this.#root = root;
    this.#durable = durable;
    this.#maker = new DirectoryMaker(root);
  }

  /** Links a staged file to its target; an orphan there is replaced. */
  async publish(
    staged: PlaceableFile,
    target: string,
    path: string,
    options: PublishOptions,
  ): Promise<void> {
    await this.#place(staged, target, path, () => linkToPlace(staged, target, path, options));
  }

  /**
   * Publishes the files of a staged tree: a missing directory is renamed with its content, files of
   * existing directories are linked. After a failure everything is reverted.
   *
   * @param tree Absolute path of the tree, with the layout of the store.
   * @param files Files of the tree, by key.
   */
  async publishTree(
    tree: string,
    files: ReadonlyMap<string, PlaceableFile>,
    options: PublishOptions,
  ): Promise<void> {
    const placing = new TreePlacement(tree, this.#root);
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

  /** Renames a staged file over the published one. */
  async replace(staged: PlaceableFile, target: string, path: string): Promise<void> {
    await this.#place(staged, target, path, () => Deno.renameSync(staged.path, target));
  }

  /** Creates an entry in its directory, and makes it durable with its parents. */
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
  /**
   * Reverts the publishing of a file that ended up elsewhere, because a directory was swapped for a
   * link.
   */
  #requireInPlace(staged: PlaceableFile, target: string, path: string): void {
    try {
      requirePlainDirectories(this.#root, path);
      if (staged.isAt(target)) return;
      throw new UnsafePathError(path, "something else was put there while it was stored");
    } catch (error) {
      ignoreErrors(() => unpublish(staged, target));
      throw error;
    }
  }
}
