import { StorageError } from "../base/errors.ts";

/** Another replacement of the same bytes is not finished: it is under way, or has to be recovered. */
export class ReplacementUnderWayError extends StorageError {
  /** Makes the error for the key of the bytes. */
  constructor(key: string) {
    super(`replace ${JSON.stringify(key)}`, "another replacement of it is not finished; try again");
  }
}
