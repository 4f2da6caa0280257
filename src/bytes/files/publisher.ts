/** Gives staged files their places below the root of a store. */
import { dirname } from "@std/path";
import { StorageError, UnsafePathError } from "../../base/errors.ts";
import { codeOf, fsError } from "../../base/fs_error.ts";
import type { PublishOptions } from "../byte_store.ts";
import {
  DirectoryMaker,
  DirectorySync,
  removeIfEmpty,
  requirePlainDirectories,
} from "./directories.ts";
import { ignoreErrors } from "./let_go.ts";
import { lstat } from "./lstat.ts";
import type { StagedFile } from "./staged_file.ts";

/** Codes by which a file system says that it has no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

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
    staged: StagedFile,
    target: string,
    path: string,
    { isOrphan }: PublishOptions,
  ): Promise<void> {
    await this.#place(staged, target, path, async () => {
      try {
        Deno.linkSync(staged.path, target);
      } catch (error) {
        let there = lstat(target);
        // A crash, too, leaves empty directories.
        if (there?.isDirectory && removeIfEmpty(target)) there = undefined;
        if (there?.isDirectory) {
          throw new StorageError(
            `store ${JSON.stringify(path)}`,
            "a directory that is no artifact is in its way; move it elsewhere, or collect it (gc)",
          );
        }
        // With no row, under the write lock: the orphan of a crash. A link cannot fail otherwise
        // where links are known, and renaming is as good where the lock keeps others away.
        const exists = error instanceof Deno.errors.AlreadyExists;
        if (!there && !exists && !NO_LINKS.has(codeOf(error as Error) ?? "")) throw error;
        if (there && isOrphan && !await isOrphan()) {
          throw new StorageError(
            `store ${JSON.stringify(path)}`,
            "a record that the database's index does not show names the bytes there; " +
              "check the store (doctor)",
          );
        }
        Deno.renameSync(staged.path, target);
      }
    });
  }

  /** Renames a staged file over the one in its place. */
  async replace(staged: StagedFile, target: string, path: string): Promise<void> {
    await this.#place(staged, target, path, () => Deno.renameSync(staged.path, target));
  }

  /** Puts an entry into the directory it belongs in, and makes it durable with all above it. */
  async #place(
    staged: StagedFile,
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
  #requireInPlace(staged: StagedFile, target: string, path: string): void {
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

/** Removes the name that was given to a staged file, wherever it is; no other file is touched. */
function takeBack(staged: StagedFile, target: string): void {
  if (!staged.isAt(target)) return;
  if (staged.isAt(staged.path)) Deno.removeSync(target);
  else Deno.renameSync(target, staged.path);
}
