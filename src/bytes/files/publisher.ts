/** Gives staged files their places below the root of a store. */
import { dirname } from "@std/path";
import { StorageError } from "../../base/errors.ts";
import { codeOf, fsError } from "../../base/fs_error.ts";
import type { PublishOptions } from "../byte_store.ts";
import { DirectoryMaker, DirectorySync, removeIfEmpty } from "./directories.ts";
import { lstat } from "./lstat.ts";

/** Codes by which a file system says that it has no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** Publishes staged files, durably where that is asked for. */
export class Publisher {
  readonly #durable: boolean;
  readonly #syncs = new DirectorySync();
  readonly #maker: DirectoryMaker;
  /** Directories known to be durable in the directories above them. */
  readonly #durableIds = new Set<string>();

  /** Publishes below `root`. */
  constructor(root: string, durable: boolean) {
    this.#durable = durable;
    this.#maker = new DirectoryMaker(root);
  }

  /** Links a staged file to its place; an orphan there is replaced. */
  async publish(
    from: string,
    target: string,
    path: string,
    { isOrphan }: PublishOptions,
  ): Promise<void> {
    await this.#place(target, path, async () => {
      try {
        Deno.linkSync(from, target);
      } catch (error) {
        let there = lstat(target);
        // A crash, too, leaves empty folders.
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
        Deno.renameSync(from, target);
      }
    });
  }

  /** Renames a staged file over the one in its place. */
  async replace(from: string, target: string, path: string): Promise<void> {
    await this.#place(target, path, () => Deno.renameSync(from, target));
  }

  /** Puts an entry into the directory it belongs in, and makes it durable with all above it. */
  async #place(
    target: string,
    path: string,
    enter: () => void | Promise<void>,
  ): Promise<void> {
    try {
      const directories = this.#maker.make(path);
      await enter();
      if (!this.#durable) return;
      const fresh = directories.filter(({ id, made }) => made || !this.#durableIds.has(id));
      await Promise.all([
        this.#syncs.sync(dirname(target)),
        ...fresh.map((folder) => this.#syncs.sync(dirname(folder.path))),
      ]);
      for (const { id } of fresh) this.#durableIds.add(id);
    } catch (error) {
      throw fsError(error, `store ${JSON.stringify(path)}`);
    }
  }
}
