import { call, phrase } from "../../base/phrase.ts";
import { StorageError, StoreBusyError } from "../../base/errors.ts";
import { SqlError } from "./sql_driver.ts";

/** Converts a database error to a public one; returns any other error unchanged. */
export function publicError(error: unknown, action: string, waited = 0): unknown {
  if (!(error instanceof SqlError)) return error;
  switch (error.kind) {
    case "busy":
      return new StoreBusyError(Math.round(waited), { cause: error });
    case "full":
      return new StorageError(action, "the disk is full; free some space and try again", {
        cause: error,
      });
    case "read-only":
      return new StorageError(action, "its file, or the directory that it is in, is not writable", {
        cause: error,
      });
    case "io":
      return new StorageError(
        action,
        "the disk reported an error, or has no space left; check both and try again",
        { cause: error },
      );
    case "damaged":
      return new StorageError(
        action,
        phrase`the database is damaged; bring it back from a backup (${call("restoreStore")})`,
        { cause: error },
      );
    case "cannot-open":
      return new StorageError(
        action,
        "the database, or its -wal and -shm beside it, cannot be opened or created; check owner, " +
          "mode and free space",
        { cause: error },
      );
    default:
      return new StorageError(action, error.message, { cause: error });
  }
}
