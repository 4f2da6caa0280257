import { StorageError } from "../base/errors.ts";

/** Another replacement of the same bytes is unfinished: it is running, or must be recovered. */
export class ReplacementUnderWayError extends StorageError {
  /** Creates the error for the key of the bytes. */
  constructor(key: string) {
    super(`replace ${JSON.stringify(key)}`, "another replacement of it is not finished; try again");
  }
}
