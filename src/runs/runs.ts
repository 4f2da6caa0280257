import type { Access } from "../base/access.ts";
import { assertIds } from "../base/assert.ts";
import type { StoreContext } from "../context/compose.ts";
import { displayable, displayableBy, type MediaBundle, shownAs } from "../display/displayable.ts";
import { prune, type PruneOptions, type PruneReport } from "../maintenance/prune.ts";
import type { Dataset, DatasetOptions } from "../metadata/dataset.ts";
import type { TagChanges } from "../metadata/accepted.ts";
import type { EndOptions, Run } from "../metadata/run.ts";
import type { MetricOrder, RunQuery } from "../metadata/run_query.ts";
import { assertQuery } from "./assert_query.ts";
import { assertEndOptions, assertTags, errorText } from "./assert_run.ts";
import type { AttachedRuns } from "./attached_runs.ts";
import { RunStateError } from "../base/errors.ts";
import { assertKnownNames } from "./known_names.ts";
import { type DeadRun, endDead, findDead } from "../processes/dead_runs.ts";
import type { StorableObject } from "../edn/mod.ts";
import { logParams, type LogParamsOptions } from "./log_params.ts";
import { removeRun, type RemoveRunOptions } from "./remove_run.ts";
import { resume } from "./resume.ts";
import { assertRunUpdate, type RunUpdate } from "./run_update.ts";
import { compare, type Compared, type Comparison } from "./comparison.ts";

/**
 * The runs of a store. Got by {@linkcode Store.runs}; a run is started by
 * {@linkcode Store.startRun}.
 *
 * Every method throws {@linkcode StoreClosedError} once the store is closed, and
 * {@linkcode ReadOnlyError} if it writes and the store is read-only. Every method that takes a run's
 * id throws {@linkcode RunNotFoundError} if the run is not in the store.
 */
export class Runs {
  readonly #access: Access<StoreContext>;
  /** Shows a run with everything recorded for it. */
  readonly #attached: AttachedRuns;
  readonly #card: (run: Run) => Promise<MediaBundle>;

  /** @ignore Made by the store. */
  constructor(
    access: Access<StoreContext>,
    card: (run: Run) => Promise<MediaBundle>,
    attached: AttachedRuns,
  ) {
    this.#access = access;
    this.#attached = attached;
    this.#card = card;
  }

  #shown = (run: Run): Run => displayableBy(run, this.#card);

  #shownRuns = (runs: Run[]): Run[] => displayable(runs.map(this.#shown), "runs");

  /**
   * Returns the run with an id.
   *
   * @param id The run.
   * @returns The run as it is now.
   */
  get(id: string): Promise<Run> {
    return this.#access.use(({ metadata }) => metadata.runs.get(id)).then(this.#shown);
  }

  /**
   * Lists the runs that match a query, newest first, or sorted by a metric.
   *
   * @example
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
   *
   * @param query Filters, order and limit; what is left out does not matter.
   * @returns The runs.
   * @throws {InvalidOptionError} If the query has an unknown or wrong option.
   * @throws {UnknownNameError} If it names a metric, a param or an experiment that no run has.
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
   * Returns the run with the largest value of a metric, or the smallest.
   *
   * @example
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const best = await store.runs.best({ metric: "loss", order: "asc" }, { experiment: "iris" });
   * console.log(best?.id ?? "no run yet");
   * ```
   *
   * @param by The metric, and whether a large value is best (`"desc"`, the default) or a small one.
   * @param query Which runs to choose from.
   * @returns The run; `undefined` if no run has the metric.
   * @throws {InvalidOptionError} If the metric or the query has an unknown or wrong option.
   */
  async best(
    by: MetricOrder,
    query: Omit<RunQuery, "sortBy" | "limit"> = {},
  ): Promise<Run | undefined> {
    // Without a metric, the newest run would be the best.
    const sortBy = { ...by, metric: by?.metric };
    const [best] = await this.list({ ...query, sortBy, limit: 1 });
    if (!best) return undefined;
    const summaries = await this.#access.read(({ metadata }) => metadata.runs.summary(best.id));
    // Runs without the metric, and those where it is not a number, come last, and are not the best.
    const summary = summaries.find(({ key }) => key === by.metric);
    return summary && !Number.isNaN(summary[by.of ?? "last"]) ? best : undefined;
  }

  /**
   * Compares runs: their params, their metrics, and where they differ.
   *
   * @param ids The runs.
   * @returns The comparison, in the order of `ids`.
   */
  compare(ids: readonly string[]): Promise<Comparison> {
    return this.#access.read(async ({ metadata: { runs } }) => {
      assertIds("compare runs", ids);
      const items: Compared[] = [];
      for (const id of ids) {
        const run = await runs.get(id);
        items.push({ run, params: await runs.params(id), metrics: await runs.summary(id) });
      }
      return compare(items);
    }).then(shownAs("comparison"));
  }

  /**
   * Ends a run as completed, or as failed if an error is given.
   *
   * @param id The run.
   * @param options Status and error.
   * @returns The run as it is now.
   * @throws {RunStateError} If it has already ended.
   */
  end(id: string, options: EndOptions = {}): Promise<Run> {
    return this.#access.write(({ metadata: { runs }, now }) =>
      // What was logged before the end belongs to the run.
      this.#access.read(async () => {
        assertEndOptions(options);
        const { error, status = error === undefined ? "completed" : "failed" } = options;
        const text = error === undefined ? null : errorText(error);
        const change = { status, endTime: new Date(now()), error: text };
        const { run, changed } = await runs.update(
          id,
          change,
          // A program that a signal has not ended after all knows better how the run ends.
          this.#attached.isInterrupted(id) ? ["running", "failed"] : ["running"],
        );
        if (!changed) throw new RunStateError("end", id, `it has ended already, as ${run.status}`);
        this.#attached.delete(id);
        return run;
      })
    ).then(shownAs("run"));
  }

  /**
   * Finds the running runs whose process is dead: it has ended without ending the run, or has not been
   * heard of for five minutes, where this program cannot look for it. Runs that no process is known
   * of, such as those of chachaml itself, are not among them.
   *
   * @returns The runs, and what is known of their process.
   */
  dead(): Promise<DeadRun[]> {
    return this.#access.use(async ({ metadata, now }) =>
      findDead(await metadata.processes.running(), now())
    );
  }

  /**
   * Ends the {@linkcode dead} runs as failed, as of when their process was last heard of. Logs that it
   * left become artifacts.
   *
   * @returns The runs that were ended.
   */
  endDead(): Promise<Run[]> {
    return this.#access.write(async (context) => {
      const { metadata, now } = context;
      return await endDead(context, findDead(await metadata.processes.running(), now()));
    }).then(shownAs("runs"));
  }

  /**
   * Reopens a run that has ended: it is running again, in this process.
   *
   * @param id The run.
   * @returns The run as it is now.
   * @throws {RunStateError} If it is archived, or running in a process that lives.
   */
  resume(id: string): Promise<Run> {
    return this.#access.write(async (context) => {
      const run = await resume(context, id);
      this.#attached.add(id);
      return run;
    }).then(this.#shown);
  }

  /**
   * Archives a run: it is hidden until it is unarchived, or removed. Everything recorded for it stays.
   *
   * @param id The run.
   * @returns The run as it is now.
   * @throws {RunStateError} If it is running.
   */
  archive(id: string): Promise<Run> {
    return this.#access.write(async ({ metadata: { runs } }) => {
      const run = await runs.archive(id);
      if (run.status === "archived") return run;
      throw new RunStateError("archive", id, `it is ${run.status}; end it first`);
    }).then(this.#shown);
  }

  /**
   * Brings an archived run back, with the status that it had.
   *
   * @param id The run.
   * @returns The run as it is now.
   */
  unarchive(id: string): Promise<Run> {
    return this.#access.write(({ metadata }) => metadata.runs.unarchive(id)).then(this.#shown);
  }

  /**
   * Renames a run, or moves it to another experiment.
   *
   * @param id The run.
   * @param change What to set; what is left out stays. `null` removes the name.
   * @returns The run as it is now.
   * @throws {InvalidOptionError} If a value cannot be used.
   */
  update(id: string, change: RunUpdate): Promise<Run> {
    return this.#access.write(async ({ metadata: { runs } }) => {
      assertRunUpdate(change);
      const { run } = await runs.update(id, change);
      return run;
    }).then(this.#shown);
  }

  /**
   * Removes a run and everything recorded for it: first the records, then the bytes. If files cannot
   * be removed, the rest still are; then a `StorageError` is thrown. {@linkcode Store.gc} removes
   * them later.
   *
   * @param id The run.
   * @param options `force` removes it even if a model version uses it, and that version too;
   * `children` removes the runs that are part of it, too.
   * @throws {RunStateError} If other runs are part of it.
   * @throws {ArtifactInUseError} If a model version uses an artifact of the run.
   * @throws {StorageError} If the system refuses to remove a file.
   */
  remove(id: string, options: RemoveRunOptions = {}): Promise<void> {
    return this.#access.write(async (context) => {
      for await (const removed of removeRun(context, id, options)) this.#attached.delete(removed);
    });
  }

  /**
   * Removes the runs that match every given filter. `keepLast` spares the newest matching runs of
   * each experiment. Running runs and runs used by a model version stay, unless `status` or `force`
   * says otherwise.
   *
   * @example All but the ten newest of each experiment
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const { removed } = await store.runs.prune({ keepLast: 10 });
   * console.log(removed.length, "runs removed");
   * ```
   *
   * @param options Filters, and whether to only show what would be removed.
   * @returns The runs that were removed, and those that were kept since a model version uses them.
   * @throws {InvalidOptionError} If no filter is given, or an option is unknown or wrong.
   * @throws {StorageError} If the system refuses to remove files; all the others are gone then.
   */
  prune(options: PruneOptions): Promise<PruneReport> {
    const work = (context: StoreContext) => prune(context, options);
    const pruned = options?.dryRun ? this.#access.use(work) : this.#access.write(work);
    return pruned.then((report) => {
      if (!report.dryRun) { for (const { id } of report.removed) this.#attached.delete(id); }
      return shownAs("prune")(report);
    });
  }

  /**
   * Sets params of a run. Setting one again to the same value does nothing.
   *
   * @param id The run.
   * @param params Values by name.
   * @param options Whether to correct params that have other values.
   * @throws {RunStateError} If one is already set to another value; none is set then.
   * @throws {InvalidOptionError} If a value cannot be kept; none is set then.
   */
  logParams<T extends object>(
    id: string,
    params: T & StorableObject<T>,
    options: LogParamsOptions = {},
  ): Promise<void> {
    return this.#access.write(({ metadata: { runs } }) => logParams(runs, id, params, options));
  }

  /**
   * Returns the params of a run.
   *
   * @param id The run.
   * @returns Values by name.
   */
  params(id: string): Promise<Record<string, unknown>> {
    return this.#access.use(({ metadata }) => metadata.runs.params(id));
  }

  /**
   * Sets tags of a run, which may be changed at any time.
   *
   * @param id The run.
   * @param tags Text by name; `null` removes a tag.
   */
  setTags<T extends object>(id: string, tags: T & TagChanges<T>): Promise<void> {
    return this.#access.write(async ({ metadata: { runs } }) => {
      assertTags("set tags", tags, true);
      const given = Object.entries<string | null | undefined>(tags as Record<string, string | null>)
        .filter((entry): entry is [string, string | null] => entry[1] !== undefined);
      await runs.setTags(id, Object.fromEntries(given));
    });
  }

  /**
   * Sets the note of a run: its tag `note`, in Markdown.
   *
   * @param id The run.
   * @param note The note.
   */
  setNote(id: string, note: string): Promise<void> {
    return this.setTags(id, { note });
  }

  /**
   * Records a dataset that a run uses: where it came from, how large it is. Its bytes are stored as
   * an artifact.
   *
   * @param id The run.
   * @param dataset The dataset.
   * @returns The dataset as it was recorded.
   * @throws {InvalidOptionError} If a member has a wrong type.
   */
  logDataset(id: string, dataset: DatasetOptions): Promise<Dataset> {
    return this.#access.write(({ metadata }) => metadata.runs.logDataset(id, dataset));
  }

  /**
   * Returns the datasets of a run, in the order recorded.
   *
   * @param id The run.
   * @returns The datasets.
   */
  datasets(id: string): Promise<Dataset[]> {
    return this.#access.use(({ metadata }) => metadata.runs.datasets(id)).then(
      shownAs("datasets"),
    );
  }
}
