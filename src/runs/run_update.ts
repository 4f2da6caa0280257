import { assertKnownOptions, assertObject, assertStorable } from "../base/assert.ts";
import { InvalidOptionError } from "../base/errors.ts";

/** What of a run can be changed; what is left out stays. */
export interface RunUpdate {
  /** Name for people; `null` for none. */
  readonly name?: string | null;
  /** The experiment that it belongs to. */
  readonly experiment?: string;
}

/** Refuses a change that cannot be made. */
export function assertRunUpdate(change: RunUpdate): void {
  const action = "change a run";
  assertObject(action, "the change", change);
  assertKnownOptions(action, change, ["name", "experiment"]);
  const { name, experiment } = change;
  if (name !== null) assertStorable(action, "name", name);
  assertStorable(action, "experiment", experiment);
  if (experiment === "") throw new InvalidOptionError(`Cannot ${action}: experiment is empty`);
}
