import { assertKnownOptions, assertObject, assertStorable } from "../base/assert.ts";
import { InvalidOptionError } from "../base/errors.ts";
import { assertNotReordered } from "../names/deceptive.ts";

/** Changes of a run. Omitted members keep their value. */
export interface RunUpdate {
  /** Display name; `null` removes it. */
  readonly name?: string | null;
  /** Experiment to move the run to. */
  readonly experiment?: string;
}

/** Throws `InvalidOptionError` or `InvalidNameError` if a change is invalid. */
export function assertRunUpdate(change: RunUpdate): void {
  const action = "change a run";
  assertObject(action, "the change", change);
  assertKnownOptions(action, change, ["name", "experiment"]);
  const { name, experiment } = change;
  if (name !== null) assertStorable(action, "name", name);
  assertStorable(action, "experiment", experiment);
  assertNotReordered("the name of a run", name);
  assertNotReordered("an experiment", experiment);
  if (experiment === "") throw new InvalidOptionError(`Cannot ${action}: experiment is empty`);
}
