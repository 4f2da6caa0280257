import { StorageError } from "./errors.ts";

/**
 * Merges the errors of files that could not be removed into one: the first, with a note on the
 * rest.
 */
export function joinFailures(action: string, failures: readonly Error[]): Error {
  const [first] = failures;
  if (failures.length === 1) return first!;
  const state = `gc collects the files that are left, once it can; the first failure: ${
    first!.message
  }`;
  return new StorageError(action, state, { cause: first });
}
