import {
  assertCount,
  assertDate,
  assertKnownOptions,
  assertObject,
  assertText,
} from "../base/assert.ts";
import {
  ArtifactInUseError,
  InvalidOptionError,
  quote,
  RunNotFoundError,
  StorageError,
  UnsafePathError,
} from "../base/errors.ts";
import { joinFailures } from "../base/join_failures.ts";
import { type Run, RUN_STATUSES, type RunStatus } from "../metadata/run.ts";
import type { RunQuery } from "../metadata/run_query.ts";

/** Which runs to remove: those that fit all that is said. */
export interface PruneOptions {
  /** Those that started before this time. */
  readonly olderThan?: Date;
  /** All but so many of the newest of each experiment, of those that fit the rest that is said. */
  readonly keepLast?: number;
  /** Those of this experiment. */
  readonly experiment?: string;
  /** Those of this status; if left out, those that have ended. */
  readonly status?: RunStatus;
  /**
   * Whether to tell only what would be removed.
   *
   * @default {false}
   */
  readonly dryRun?: boolean;
  /**
   * Whether to remove also what model versions are made of, and those versions with it.
   *
   * @default {false}
   */
  readonly force?: boolean;
  /** Stops the work; what has been removed stays so. */
  readonly signal?: AbortSignal;
}

/** What a pruning has come to. */
export interface PruneReport {
  /** The runs that were removed; with `dryRun`, those that would be, unless a model needs them. */
  readonly removed: readonly Run[];
  /** The runs that a model version is made of, and that were kept for that. */
  readonly kept: readonly Run[];
}

const OPTIONS = ["olderThan", "keepLast", "experiment", "status", "dryRun", "force", "signal"];

/** Refuses options that cannot be meant: what is misread is gone. */
function checkOptions(options: PruneOptions): void {
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

/** The runs that options speak of, oldest first. */
export function runsToPrune(runs: readonly Run[], options: PruneOptions): Run[] {
  const { olderThan, keepLast, status } = options;
  const seen = new Map<string, number>();
  const fitting = runs.filter((run) =>
    (status === undefined ? run.status !== "running" : run.status === status) &&
    (olderThan === undefined || run.startTime < olderThan)
  );
  return fitting.filter((run) => {
    const newer = seen.get(run.experiment) ?? 0;
    seen.set(run.experiment, newer + 1);
    return newer >= (keepLast ?? 0);
  }).reverse();
}

/** Removes runs one by one, so that a stop in between leaves whole ones. */
export async function prune(
  runs: {
    list(query: RunQuery): Promise<Run[]>;
    remove(id: string, options: { force?: boolean }): Promise<void>;
  },
  options: PruneOptions,
): Promise<PruneReport> {
  checkOptions(options);
  const { experiment, dryRun = false, force = false, signal } = options;
  const found = await runs.list(experiment === undefined ? {} : { experiment });
  const removed: Run[] = [];
  const kept: Run[] = [];
  const failures: Error[] = [];
  for (const run of runsToPrune(found, options)) {
    signal?.throwIfAborted();
    try {
      if (!dryRun) await runs.remove(run.id, { force });
      removed.push(run);
    } catch (error) {
      if (error instanceof ArtifactInUseError) kept.push(run);
      // The run is gone, and files of it are left: no reason to keep the others.
      else if (error instanceof StorageError || error instanceof UnsafePathError) {
        failures.push(error);
      } else if (!(error instanceof RunNotFoundError)) throw error; // Removed by another: as wished.
    }
  }
  const what = `remove ${failures.length} runs with all they have`;
  if (failures.length > 0) throw joinFailures(what, failures);
  return { removed, kept };
}
