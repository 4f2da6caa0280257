/** What a caller says of a run, checked: types are no help to those who write JavaScript. */
import { assertObject, assertText } from "../base/assert.ts";
import { InvalidOptionError } from "../base/errors.ts";
import type { EndOptions, StartOptions } from "../metadata/run.ts";

/** Refuses options of `startRun` that are of a wrong type. */
export function assertStartOptions(options: StartOptions): void {
  const action = "start a run";
  assertObject(action, "its options", options);
  for (const key of ["experiment", "name", "parentId", "createdBy"] as const) {
    if (options[key] !== null || key !== "parentId") assertText(action, key, options[key]);
  }
  if (options.experiment === "") {
    throw new InvalidOptionError("Cannot start a run: experiment is empty");
  }
  if (options.tags !== undefined) assertObject(action, "tags", options.tags);
  for (const [key, value] of Object.entries(options.tags ?? {})) {
    assertText(action, `tag ${JSON.stringify(key)}`, value);
  }
}

/** Refuses options of `endRun` that contradict each other. */
export function assertEndOptions(options: EndOptions): void {
  assertObject("end a run", "its options", options);
  const { status, error } = options;
  if (status !== undefined && status !== "completed" && status !== "failed") {
    throw new InvalidOptionError(
      `Cannot end a run as ${JSON.stringify(status)}: it ends as "completed" or "failed"`,
    );
  }
  if (status === "completed" && error !== undefined) {
    throw new InvalidOptionError("Cannot end a run as completed with an error: it has failed");
  }
}

/** An error as the text that is kept of it. */
export function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
