import { StorageError, UnsafePathError } from "../base/errors.ts";

/** Whether an error concerns a single entry, so that work on others can continue. */
export function isEntryFailure(error: unknown): error is Error {
  return error instanceof StorageError || error instanceof UnsafePathError;
}
