import { StorageError } from "./errors.ts";

/** The one error for failures of one kind, after which the work went on: the first, and how many. */
export function joinFailures(action: string, failures: readonly Error[]): Error {
  const [first] = failures;
  if (failures.length === 1) return first!;
  const state = `gc collects the files that are left, once it can; the first failure: ${
    first!.message
  }`;
  return new StorageError(action, state, { cause: first });
}
