/** Run-time checks of arguments about runs, for JavaScript callers. */
import { assertObject, assertStorable } from "../base/assert.ts";
import { InvalidOptionError } from "../base/errors.ts";
import type { EndOptions, StartOptions } from "../metadata/run.ts";
import { assertNotReordered } from "../names/deceptive.ts";

/** Throws `InvalidOptionError` or `InvalidNameError` if options of `startRun` are invalid. */
export function assertStartOptions(options: StartOptions): void {
  const action = "start a run";
  assertObject(action, "its options", options);
  for (const key of ["experiment", "name", "parentId", "createdBy"] as const) {
    if (options[key] !== null || key !== "parentId") assertStorable(action, key, options[key]);
  }
  assertNotReordered("an experiment", options.experiment);
  assertNotReordered("the name of a run", options.name);
  if (options.experiment === "") {
    throw new InvalidOptionError("Cannot start a run: experiment is empty");
  }
  if (options.tags !== undefined) assertTags(action, options.tags);
  const { systemMetrics } = options;
  const interval = typeof systemMetrics === "object" ? systemMetrics.interval ?? 10 : 10;
  if (typeof interval !== "number" || !(interval > 0 && interval < 1e6)) {
    throw new InvalidOptionError(`Cannot ${action}: interval must be a number of seconds above 0`);
  }
}

/**
 * Throws `InvalidOptionError` or `InvalidNameError` if tags are invalid. With `isChange`, `null` and `undefined` are
 * valid values.
 */
export function assertTags(action: string, tags: unknown, isChange = false): void {
  assertObject(action, "tags", tags);
  for (const [key, value] of Object.entries(tags as object)) {
    assertStorable(action, "the name of a tag", key);
    if (value === undefined || value === null && isChange) continue;
    assertNotReordered("the name of a tag", key);
    const what = `tag ${JSON.stringify(key)}`;
    if (typeof value === "string") assertStorable(action, what, value);
    else {
      const rest = isChange ? ", or null to remove it" : "";
      throw new InvalidOptionError(`Cannot ${action}: ${what} must be text${rest}`);
    }
  }
}

/** Returns the changes that are given. Throws `InvalidOptionError` if they are invalid. */
export function requireTagChanges(tags: unknown): Record<string, string | null> {
  assertTags("set tags", tags, true);
  const given = Object.entries(tags as Record<string, string | null | undefined>);
  return Object.fromEntries(
    given.filter((entry): entry is [string, string | null] => entry[1] !== undefined),
  );
}

/** Throws `InvalidOptionError` if options of `endRun` are invalid or contradict each other. */
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

/** Returns the text that is stored for an error. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  // Ending the run matters more than the exact text of its error.
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}
