import { InvalidOptionError } from "../base/errors.ts";
import { toPath } from "../base/path.ts";
import type { StoreContext } from "../context/compose.ts";
import { backUpGeneration } from "./generations.ts";
import type { BackupOptions, BackupReport } from "./options.ts";
import { backUpTo } from "./single_backup.ts";

/** Creates or updates a backup. */
export async function backup(
  source: StoreContext,
  to: string | URL,
  options: BackupOptions,
): Promise<BackupReport> {
  options.signal?.throwIfAborted();
  const directory = toPath(to);
  const { keep } = options;
  if (keep === undefined) return await backUpTo(source, directory, options);
  if (Number.isSafeInteger(keep) && keep >= 1) {
    return await backUpGeneration(source, directory, keep, options);
  }
  throw new InvalidOptionError(`Cannot keep ${keep} backups: it must be a whole number from 1 on`);
}
