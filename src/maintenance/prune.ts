/** Removes old runs. */
import {
  assertCount,
  assertDate,
  assertKnownOptions,
  assertObject,
  assertText,
} from "../base/assert.ts";
import { ArtifactInUseError, InvalidOptionError, quote, RunNotFoundError } from "../base/errors.ts";
import { joinFailures } from "../base/join_failures.ts";
import type { StoreContext } from "../context/compose.ts";
import { isEntryFailure } from "./entry_failure.ts";
import { type Run, RUN_STATUSES, type RunStatus } from "../metadata/run.ts";

/** Which runs to remove: those that match every given filter. */
export interface PruneOptions {
  /** Runs that started before this time. */
  readonly olderThan?: Date;
  /** All but this many of the newest runs of each experiment, of those that match the other filters. */
  readonly keepLast?: number;
  /** Runs of this experiment. */
  readonly experiment?: string;
  /** Runs of this status; if left out, those that have ended. */
  readonly status?: RunStatus;
  /**
   * Whether to only show what would be removed. A read-only store allows that too.
   *
   * @default {false}
   */
  readonly dryRun?: boolean;
  /**
   * Whether to also remove what model versions are made of, and those versions with it.
   *
   * @default {false}
   */
  readonly force?: boolean;
  /** Stops the work; what has been removed stays so. */
  readonly signal?: AbortSignal;
}

/** Result of pruning. */
export interface PruneReport {
  /** Whether nothing was removed, only shown. */
  readonly dryRun: boolean;
  /** The runs that were removed; with `dryRun`, those that would be, unless a model needs them. */
  readonly removed: readonly Run[];
  /** The runs that were kept because a model version is made of them. */
  readonly kept: readonly Run[];
}

const OPTIONS = ["olderThan", "keepLast", "experiment", "status", "dryRun", "force", "signal"];

/** Throws unless the options can be meant: what is removed by mistake is gone. */
function assertPruneOptions(options: PruneOptions): void {
  assertObject("prune", "its options", options);
  assertKnownOptions("prune", options, OPTIONS);
  const { olderThan, keepLast, experiment, status } = options;
  if ([olderThan, keepLast, experiment, status].every((value) => value === undefined)) {
    throw new InvalidOptionError(
      "Cannot prune: say which runs, by age, number, experiment or status",
    );
  }
  assertDate("prune", "olderThan", olderThan);
  assertCount("prune", "keepLast", keepLast);
  assertText("prune", "experiment", experiment);
  if (status !== undefined && !RUN_STATUSES.includes(status)) {
    throw new InvalidOptionError(
      `Cannot prune: status takes ${RUN_STATUSES.join(", ")}, not ${quote(status)}`,
    );
  }
}

/** The runs that match, oldest first. */
export function runsToPrune(runs: readonly Run[], options: PruneOptions): Run[] {
  const { olderThan, keepLast, status } = options;
  const seen = new Map<string, number>();
  const matching = runs.filter((run) =>
    (status === undefined ? run.status !== "running" : run.status === status) &&
    (olderThan === undefined || run.startTime < olderThan)
  );
  return matching.filter((run) => {
    const newer = seen.get(run.experiment) ?? 0;
    seen.set(run.experiment, newer + 1);
    return newer >= (keepLast ?? 0);
  }).reverse();
}

/** Removes runs one by one, so that a stop in between leaves whole ones. */
export async function prune(
  { metadata, artifacts }: Pick<StoreContext, "metadata" | "artifacts">,
  options: PruneOptions,
): Promise<PruneReport> {
  assertPruneOptions(options);
  const { experiment, status, olderThan, dryRun = false, force = false, signal } = options;
  const found = await metadata.runs.list({
    ...(experiment !== undefined && { experiment }),
    ...(status !== undefined && { status }),
    ...(olderThan !== undefined && { before: olderThan }),
    archived: status === "archived" ? "only" : "exclude",
  });
  const removed: Run[] = [];
  const kept: Run[] = [];
  const failures: Error[] = [];
  const gone = new Set<string>();
  /** Runs that others are part of: these may be among those that go. */
  const parents: Run[] = [];
  const remove = async (run: Run) => {
    signal?.throwIfAborted();
    const children = await metadata.runs.list({ parentId: run.id, archived: "include" });
    if (children.some(({ id }) => !gone.has(id))) return void parents.push(run);
    try {
      if (!dryRun) await artifacts.removeBytes(await metadata.runs.remove(run.id, force));
      removed.push(run);
      gone.add(run.id);
    } catch (error) {
      if (error instanceof ArtifactInUseError) kept.push(run);
      // The run is gone, and files of it are left: no reason to keep the others.
      else if (isEntryFailure(error)) failures.push(error);
      else if (!(error instanceof RunNotFoundError)) throw error; // Another has removed it.
    }
  };
  for (const run of runsToPrune(found, options)) await remove(run);
  // The newest first: a run starts after the one that it is part of.
  for (const run of parents.splice(0).reverse()) await remove(run);
  kept.push(...parents);
  const what = `remove ${failures.length} runs with all they have`;
  if (failures.length > 0) throw joinFailures(what, failures);
  return { dryRun, removed, kept };
}
