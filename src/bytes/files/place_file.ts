/** Publishing of a single staged file, and its reversal. */
import { StorageError } from "../../base/errors.ts";
import { codeOf } from "../../base/fs_error.ts";
import type { PublishOptions } from "../byte_store.ts";
import { removeIfEmpty } from "./directories.ts";
import { lstat } from "./lstat.ts";

/** Error codes of file systems without hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** A staged file that can be published. */
export interface PlaceableFile {
  /** Absolute path of its staged name. */
  readonly path: string;
  /** Whether the file at a path is this one. */
  isAt(path: string): boolean;
}

/**
 * Links a staged file to its target; an orphan there is replaced. The caller holds the write lock.
 */
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
    // A crash may leave empty directories.
    if (there?.isDirectory && removeIfEmpty(target)) there = undefined;
    if (there?.isDirectory) {
      throw new StorageError(
        `store ${JSON.stringify(path)}`,
        "a directory that is no artifact is in its way; move it elsewhere, or collect it (gc)",
      );
    }
    // Under the write lock and without a record, the file is an orphan of a crash. Without hard
    // links, renaming is equivalent, because the lock keeps other writers away.
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

/** Removes the published name of a staged file, wherever it is; other files are not touched. */
export function unpublish(staged: PlaceableFile, target: string): void {
  if (!staged.isAt(target)) return;
  if (staged.isAt(staged.path)) Deno.removeSync(target);
  else Deno.renameSync(target, staged.path);
}
