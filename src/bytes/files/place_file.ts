/** Gives one staged file its place, and takes it back. */
import { StorageError } from "../../base/errors.ts";
import { codeOf } from "../../base/fs_error.ts";
import type { PublishOptions } from "../byte_store.ts";
import { removeIfEmpty } from "./directories.ts";
import { lstat } from "./lstat.ts";

/** Codes by which a file system says that it has no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** A staged file that can get a place. */
export interface PlaceableFile {
  /** Absolute path of its staged name. */
  readonly path: string;
  /** Whether the file at a path is this very one. */
  isAt(path: string): boolean;
}

/** Links a staged file to its place; an orphan there is replaced. The caller holds the write lock. */
export async function linkToPlace(
  staged: PlaceableFile,
  target: string,
  path: string,
  { isOrphan }: PublishOptions,
): Promise<void> {
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
    if (there && isOrphan && !await isOrphan(path)) {
      throw new StorageError(
        `store ${JSON.stringify(path)}`,
        "a record that the database's index does not show names the bytes there; " +
          "check the store (doctor)",
      );
    }
    Deno.renameSync(staged.path, target);
  }
}

/** Removes the name that was given to a staged file, wherever it is; no other file is touched. */
export function takeBack(staged: PlaceableFile, target: string): void {
  if (!staged.isAt(target)) return;
  if (staged.isAt(staged.path)) Deno.removeSync(target);
  else Deno.renameSync(target, staged.path);
}
