import type { Access } from "../base/access.ts";
import type { StoreContext } from "../context/compose.ts";
import {
  asDisplayable,
  displayable,
  displayableBy,
  type MediaBundle,
} from "../display/displayable.ts";
import { prune, type PruneOptions, type PruneReport } from "../maintenance/prune.ts";
import type { EndOptions, Run } from "../metadata/run.ts";
import type { MetricOrder, RunQuery } from "../metadata/run_query.ts";
import { assertQuery } from "./assert_query.ts";
import { assertEndOptions, errorText } from "./assert_run.ts";
import type { AttachedRuns } from "./attached_runs.ts";
import { RunStateError } from "../base/errors.ts";
import { bestRun } from "./best_run.ts";
import { eachRun } from "./each_run.ts";
import { assertKnownNames } from "./known_names.ts";
import { type DeadRun, endDead, findDeadRuns } from "../processes/dead_runs.ts";
import { RunRecords } from "./run_records.ts";
import { removeRun, type RemoveRunOptions } from "./remove_run.ts";
import { resume } from "./resume.ts";
import { assertRunUpdate, type RunUpdate } from "./run_update.ts";
import { compareRuns, type Comparison } from "./comparison.ts";
import { archiveRun } from "./archive_run.ts";

/**
 * Runs of a store. Available as {@linkcode Store.runs}; {@linkcode Store.startRun} starts a run.
 *
 * Methods need only the permissions of {@linkcode openStore}. Every method throws {@linkcode
 * StoreClosedError} once the store is closed, and {@linkcode ReadOnlyError} if it writes and the
 * store is read-only.
 */
export class Runs extends RunRecords {
  readonly #access: Access<StoreContext>;
  readonly #attached: AttachedRuns;
  /** Displays a run with everything recorded for it. */
  readonly #card: (run: Run) => Promise<MediaBundle>;

  /** @ignore Created by the store. */
  constructor(
    access: Access<StoreContext>,
    card: (run: Run) => Promise<MediaBundle>,
    attached: AttachedRuns,
  ) {
    super(access);
    this.#access = access;
    this.#attached = attached;
    this.#card = card;
  }

  #shown = (run: Run): Run => displayableBy(run, this.#card);

  #shownRuns = (runs: Run[]): Run[] => displayable(runs.map(this.#shown), "runs");

  /**
   * Returns a run.
   *
   * @param id Id of the run.
   * @returns The current state of the run.
   * @throws {RunNotFoundError} If the run does not exist.
   */
  get(id: string): Promise<Run> {
    return this.#access.use(({ metadata }) => metadata.runs.get(id)).then(this.#shown);
  }

  /**
   * Lists the runs that match a query, newest first unless `sortBy` says otherwise.
   *
   * @param query Filters, order and limit. Omitted filters match every run.
   * @returns The matching runs.
   * @throws {InvalidOptionError} If an option is unknown or invalid.
   * @throws {UnknownNameError} If no run has a metric, param or experiment that the query names.
   *
   * @example List the ten most accurate runs
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const runs = await store.runs.list({
   *   experiment: "iris",
   *   params: { optimizer: "adam", lr: { lt: 0.1 } },
   *   metrics: { accuracy: { gte: 0.9 } },
   *   sortBy: { metric: "accuracy" },
   *   limit: 10,
   * });
   * for (const { id, name } of runs) console.log(id, name);
   * ```
   */
  list(query: RunQuery = {}): Promise<Run[]> {
    return this.#access.read(async ({ metadata: { runs } }) => {
      assertQuery(query);
      const found = await runs.list(query);
      await assertKnownNames(runs, query, found);
      return found;
    }).then(this.#shownRuns);
  }

  /**
   * Yields the runs that match a query, newest first. Memory use is independent of their number,
   * except for a query with `sortBy`, which is read at once.
   *
   * @param query Filters, order and limit. Omitted filters match every run.
   * @returns The matching runs.
   * @throws {InvalidOptionError} If an option is unknown or invalid.
   * @throws {UnknownNameError} If no run has a metric, param or experiment that the query names.
   */
  each(query: RunQuery = {}): AsyncIterable<Run> {
    return eachRun(this.#access, query, this.#shown);
  }

  /**
   * Returns the run with the largest or smallest value of a metric.
   *
   * @param by Metric, and whether the largest value is best (`"desc"`, the default) or the smallest
   * (`"asc"`).
   * @param query Filters for the candidates.
   * @returns The best run; `undefined` if no candidate has the metric.
   * @throws {InvalidOptionError} If an option is unknown or invalid.
   * @throws {UnknownNameError} If no run has a metric, param or experiment that is named.
   *
   * @example Find the run with the smallest loss
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const best = await store.runs.best({ metric: "loss", order: "asc" }, { experiment: "iris" });
   * console.log(best?.id ?? "no run yet");
   * ```
   */
  best(
    by: MetricOrder,
    query: Omit<RunQuery, "sortBy" | "limit"> = {},
  ): Promise<Run | undefined> {
    return bestRun(this.#access, (query) => this.list(query), by, query);
  }

  /**
   * Compares the params and metrics of runs.
   *
   * @param ids Ids of the runs.
   * @returns The comparison, in the order of `ids`.
   * @throws {RunNotFoundError} If a run does not exist.
   * @throws {InvalidOptionError} If `ids` is not an array.
   */
  compare(ids: readonly string[]): Promise<Comparison> {
    return this.#access.read(({ metadata }) => compareRuns(metadata.runs, ids))
      .then(asDisplayable("comparison"));
  }

  /**
   * Ends a run as completed, or as failed if an error is given.
   *
   * @param id Id of the run.
   * @param options Status and error.
   * @returns The updated run.
   * @throws {RunNotFoundError} If the run does not exist.
   * @throws {RunStateError} If the run has already ended.
   * @throws {InvalidOptionError} If status and error contradict each other.
   */
  end(id: string, options: EndOptions = {}): Promise<Run> {
    return this.#access.write(({ metadata: { runs }, now }) =>
      // Flushes the metrics first: they belong to the run.
      this.#access.read(async () => {
        assertEndOptions(options);
        const { error, status = error === undefined ? "completed" : "failed" } = options;
        const text = error === undefined ? null : errorText(error);
        const change = { status, endTime: new Date(now()), error: text };
        const { run, changed } = await runs.update(
          id,
          change,
          // A program that survives the signal may still set the final status.
          this.#attached.isInterrupted(id) ? ["running", "failed"] : ["running"],
        );
        if (!changed) throw new RunStateError("end", id, `it has ended already, as ${run.status}`);
        this.#attached.delete(id);
        return run;
      })
    ).then(asDisplayable("run"));
  }

  /**
   * Finds running runs whose process is dead: it exited without ending the run, or, on another
   * host, sent no heartbeat for five minutes. Runs without a known process, such as those of the
   * Clojure library, are not included.
   *
   * @returns The runs and their processes.
   */
  dead(): Promise<DeadRun[]> {
    return this.#access.use(findDeadRuns);
  }

  /**
   * Ends the {@linkcode dead} runs as failed, with the time of their last heartbeat. Their
   * unfinished logs become artifacts.
   *
   * @returns The ended runs.
   */
  endDead(): Promise<Run[]> {
    return this.#access.write(async (context) => {
      return await endDead(context, await findDeadRuns(context));
    }).then(asDisplayable("runs"));
  }

  /**
   * Reopens a run that has ended: it is running again, in this process.
   *
   * @param id Id of the run.
   * @returns The updated run.
   * @throws {RunNotFoundError} If the run does not exist.
   * @throws {RunStateError} If the run is archived, or running in a live process.
   */
  resume(id: string): Promise<Run> {
    return this.#access.write(async (context) => {
      const run = await resume(context, id);
      this.#attached.add(id);
      return run;
    }).then(this.#shown);
  }

  /**
   * Archives a run: it is hidden until it is unarchived or removed. Everything recorded for it
   * stays.
   *
   * @param id Id of the run.
   * @returns The updated run.
   * @throws {RunNotFoundError} If the run does not exist.
   * @throws {RunStateError} If the run is running.
   */
  archive(id: string): Promise<Run> {
    return this.#access.write(({ metadata }) => archiveRun(metadata.runs, id)).then(this.#shown);
  }

  /**
   * Unarchives a run and restores its former status.
   *
   * @param id Id of the run.
   * @returns The updated run.
   * @throws {RunNotFoundError} If the run does not exist.
   */
  unarchive(id: string): Promise<Run> {
    return this.#access.write(({ metadata }) => metadata.runs.unarchive(id)).then(this.#shown);
  }

  /**
   * Renames a run, or moves it to another experiment.
   *
   * @param id Id of the run.
   * @param change Members to set. Omitted members keep their value; `null` removes the name.
   * @returns The updated run.
   * @throws {RunNotFoundError} If the run does not exist.
   * @throws {InvalidOptionError} If a value is invalid.
   * @throws {InvalidNameError} If a name has a bidirectional control.
   */
  update(id: string, change: RunUpdate): Promise<Run> {
    return this.#access.write(async ({ metadata: { runs } }) => {
      assertRunUpdate(change);
      const { run } = await runs.update(id, change);
      return run;
    }).then(this.#shown);
  }

  /**
   * Removes a run and everything recorded for it: first the records, then the bytes. If files
   * cannot be removed, the rest still are; then a `StorageError` is thrown. {@linkcode Store.gc}
   * removes them later.
   *
   * @param id Id of the run.
   * @param options `force` also removes model versions that use the run's artifacts; `children`
   * also removes its child runs.
   * @returns Ids of the runs that were removed, children first.
   * @throws {RunNotFoundError} If the run does not exist.
   * @throws {RunStateError} If the run has children and `children` is not set.
   * @throws {ArtifactInUseError} If a model version uses an artifact of the run and `force` is not
   * set.
   * @throws {StorageError} If files cannot be removed.
   */
  remove(id: string, options: RemoveRunOptions = {}): Promise<string[]> {
    return this.#access.write((context) =>
      Array.fromAsync(removeRun(context, id, options), (gone) => {
        this.#attached.delete(gone);
        return gone;
      })
    );
  }

  /**
   * Removes the runs that match every given filter. `keepLast` spares the newest matching runs of
   * each experiment. Running runs and runs used by a model version stay, unless `status` or `force`
   * says otherwise.
   *
   * @param options Filters, and `dryRun` to only report what would be removed.
   * @returns The removed runs, and the matching runs kept because a model version uses them.
   * @throws {InvalidOptionError} If no filter is given, or an option is unknown or invalid.
   * @throws {StorageError} If files cannot be removed; the rest is removed.
   *
   * @example Keep the ten newest runs of each experiment
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const { removed } = await store.runs.prune({ keepLast: 10 });
   * console.log(removed.length, "runs removed");
   * ```
   */
  prune(options: PruneOptions): Promise<PruneReport> {
    const work = (context: StoreContext) => prune(context, options);
    const pruned = options?.dryRun ? this.#access.use(work) : this.#access.write(work);
    return pruned.then((report) => {
      if (!report.dryRun) { for (const { id } of report.removed) this.#attached.delete(id); }
      return asDisplayable("prune")(report);
    });
  }
}
