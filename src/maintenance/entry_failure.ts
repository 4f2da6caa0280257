import { StorageError, UnsafePathError } from "../base/errors.ts";

/** Whether an error concerns one entry, which is no reason to leave out the others. */
export function isEntryFailure(error: unknown): error is Error {
  return error instanceof StorageError || error instanceof UnsafePathError;
}
