/** Removal of old runs. */
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

/** Options for {@linkcode Runs.prune}: a run must match every given filter. */
export interface PruneOptions {
  /** Only runs that started before this time. */
  readonly olderThan?: Date;
  /** Number of newest runs to keep in each experiment, among those that match the other filters. */
  readonly keepLast?: number;
  /** Only runs of this experiment. */
  readonly experiment?: string;
  /** Only runs with this status; by default all runs that have ended. */
  readonly status?: RunStatus;
  /**
   * Whether to only report what would be removed. Works on a read-only store as well.
   *
   * @default {false}
   */
  readonly dryRun?: boolean;
  /**
   * Whether to also remove runs used by model versions, together with those versions.
   *
   * @default {false}
   */
  readonly force?: boolean;
  /** Stops the pruning; runs already removed stay removed. */
  readonly signal?: AbortSignal;
}

/** Result of pruning. */
export interface PruneReport {
  /** Whether this is only a preview and nothing was removed. */
  readonly dryRun: boolean;
  /** Removed runs; with `dryRun`, those that would be removed unless a model version uses them. */
  readonly removed: readonly Run[];
  /** Matching runs that were kept because a model version uses them. */
  readonly kept: readonly Run[];
}

const OPTIONS = ["olderThan", "keepLast", "experiment", "status", "dryRun", "force", "signal"];

/** Checks the options strictly: a run removed by mistake cannot be restored. */
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

/** Returns the matching runs, oldest first. */
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

/** Removes runs one by one, so that an interruption leaves only complete runs. */
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
  /** Runs with children, which may be removed in this pass. */
  const parents: Run[] = [];
  const remove = async (run: Run) => {
    signal?.throwIfAborted();
    const children = await metadata.runs.list({ parentId: run.id, archived: "include" });
    if (children.some(({ id }) => !gone.has(id))) return void parents.push(run);
    try {
      if (!dryRun) await artifacts.removeRun(metadata.runs, run.id, force);
      removed.push(run);
      gone.add(run.id);
    } catch (error) {
      if (error instanceof ArtifactInUseError) kept.push(run);
      // The run is removed, but some of its files remain; continue with the others.
      else if (isEntryFailure(error)) failures.push(error);
      else if (!(error instanceof RunNotFoundError)) throw error; // Another program has removed it.
    }
  };
  for (const run of runsToPrune(found, options)) await remove(run);
  // Newest first, because a child starts after its parent.
  for (const run of parents.splice(0).reverse()) await remove(run);
  kept.push(...parents);
  const what = `remove ${failures.length} runs with all they have`;
  if (failures.length > 0) throw joinFailures(what, failures);
  return { dryRun, removed, kept };
}
