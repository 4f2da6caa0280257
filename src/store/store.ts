import { AsyncLocalStorage } from "node:async_hooks";
import type { Artifact } from "../artifacts/artifact.ts";
import type { ArtifactQuery } from "../metadata/artifact_index.ts";
import type { PutFileOptions, PutOptions } from "../artifacts/artifact_store.ts";
import { putDirectory, type PutDirectoryOptions } from "../artifacts/put_directory.ts";
import { abandonSource, type PutSource } from "../artifacts/put_source.ts";
import type { GcOptions, GcReport } from "../maintenance/gc.ts";
import type { DedupOptions, DedupReport } from "../maintenance/dedup.ts";
import { checkIds } from "../base/checks.ts";
import { describe, type StoreInfo } from "../maintenance/info.ts";
import { prune, type PruneOptions, type PruneReport } from "../maintenance/prune.ts";
import type { Verification, VerifyOptions } from "../maintenance/verify.ts";
import { ReadOnlyError, StoreClosedError } from "../base/errors.ts";
import { Models } from "../models/models.ts";
import { toPath } from "../base/path.ts";
import { backup, type BackupOptions, type BackupReport } from "../backup/backup.ts";
import { DISPLAY, type MediaBundle, shownAs } from "../display/displayable.ts";
import { type ExportOptions, exportRuns } from "../archive/export.ts";
import { type ImportOptions, type ImportReport, importRuns } from "../archive/import.ts";
import { ActiveRun } from "../runs/active_run.ts";
import { compare, type Compared, type Comparison } from "../runs/comparison.ts";
import type { Dataset, DatasetOptions, Experiment } from "../runs/dataset.ts";
import { captureEnvironment } from "../runs/environment.ts";
import type {
  Curve,
  CurveOptions,
  Metric,
  MetricOptions,
  MetricPoint,
  MetricSummary,
} from "../metrics/metric.ts";
import { addPoints, addValues, emptyBatch, MetricBuffer } from "../metrics/metric_buffer.ts";
import type { EndOptions, Params, Run, StartOptions } from "../runs/run.ts";
import { checkStart } from "../runs/run_options.ts";
import type { MetricOrder, RunQuery } from "../runs/run_query.ts";
import type { StoreParts } from "./compose.ts";

/** How to remove. */
export interface RemoveOptions {
  /**
   * Whether to remove also what model versions are made of, and those versions with it.
   *
   * @default {false}
   */
  readonly force?: boolean;
}

/**
 * Runs of machine-learning work and the artifacts they produce. Opened by {@linkcode openStore}.
 *
 * Every method but `close` throws {@linkcode StoreClosedError} once the store is closed,
 * {@linkcode ReadOnlyError} if it writes and the store is read-only, {@linkcode StoreBusyError} if
 * other writers keep it waiting, and {@linkcode StorageError} if disk or database refuse.
 */
export class Store implements AsyncDisposable {
  readonly #parts: StoreParts;
  readonly #buffer: MetricBuffer;
  readonly #current = new AsyncLocalStorage<ActiveRun>();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #models = new Models({
    use: (work) => this.#use(work),
    write: (work) => this.#write(work),
  });
  /** Ends verifications: whoever iterates over one may never come back to it. */
  readonly #ending = new AbortController();
  #closing: Promise<void> | undefined;

  /** @ignore Made by {@linkcode openStore}. */
  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#buffer = new MetricBuffer((batch) => parts.runs.logMetrics(batch));
  }

  /** Absolute path of the database; `undefined` if it is in memory. */
  get path(): string | undefined {
    return this.#parts.path;
  }

  /** Absolute path of the directory with the artifacts' bytes. */
  get artifactDir(): string {
    return this.#parts.artifactDir;
  }

  /** The SQLite binding in use. */
  get driver(): "ffi" | "builtin" {
    return this.#parts.driver.name;
  }

  /** The models that are made of artifacts, with their versions and stages. */
  get models(): Models {
    return this.#models;
  }

  /**
   * Starts a run.
   *
   * @throws {InvalidNameError} If the id breaks a rule for names.
   * @throws {RunStateError} If the id is taken.
   * @throws {RunNotFoundError} If the parent is not in the store.
   */
  startRun(options: StartOptions = {}): Promise<ActiveRun> {
    return this.#write(async ({ runs }) => {
      checkStart(options);
      const { parentId = this.currentRun?.id ?? null, environment = true } = options;
      const where = environment ? await captureEnvironment() : null;
      return new ActiveRun(this, await runs.start({ ...options, parentId }, where));
    });
  }

  /** The run whose {@linkcode withRun} the caller is in, if it is in one. */
  get currentRun(): ActiveRun | undefined {
    return this.#current.getStore();
  }

  /**
   * Ends a run as completed, or as failed if an error is given.
   *
   * @throws {RunStateError} If it has ended already.
   * @throws {RunNotFoundError} If it is not in the store.
   */
  endRun(id: string, options: EndOptions = {}): Promise<Run> {
    return this.#write(async ({ runs }) => {
      await this.#buffer.flush();
      return await runs.end(id, options);
    }).then(shownAs("run"));
  }

  /**
   * Starts a run, does the work, and ends the run: as completed, or, if the work throws, as failed
   * with its error, which is thrown on. A run that the work has ended itself is left as it is. Runs
   * that the work starts are parts of this one.
   *
   * @example
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * await store.withRun({ experiment: "iris" }, async (run) => {
   *   await run.logParams({ lr: 0.1 });
   *   await run.put("weights.bin", new Uint8Array(8));
   * });
   * ```
   */
  async withRun<T>(options: StartOptions, work: (run: ActiveRun) => T | Promise<T>): Promise<T> {
    const run = await this.startRun(options);
    let result: T;
    try {
      result = await this.#current.run(run, () => work(run));
    } catch (error) {
      // That the run cannot be ended is no reason to hide why it failed.
      await this.#endIfRunning(run.id, { error }).catch(() => {});
      throw error;
    }
    await this.#endIfRunning(run.id, {});
    return result;
  }

  async #endIfRunning(id: string, options: EndOptions): Promise<void> {
    const { status } = await this.getRun(id);
    if (status === "running") await this.endRun(id, options);
  }

  /**
   * The run of an id.
   *
   * @throws {RunNotFoundError} If it is not in the store.
   */
  getRun(id: string): Promise<Run> {
    return this.#use(({ runs }) => runs.get(id)).then(shownAs("run"));
  }

  /**
   * The runs that fit a query, newest first, or in the order of a metric.
   *
   * @example
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const runs = await store.listRuns({
   *   experiment: "iris",
   *   params: { optimizer: "adam", lr: { lt: 0.1 } },
   *   metrics: { accuracy: { gte: 0.9 } },
   *   sortBy: { metric: "accuracy" },
   *   limit: 10,
   * });
   * for (const { id, name } of runs) console.log(id, name);
   * ```
   *
   * @throws {InvalidOptionError} If the query cannot be meant.
   */
  listRuns(query: RunQuery = {}): Promise<Run[]> {
    return this.#read(({ runs }) => runs.list(query)).then(shownAs("runs"));
  }

  /**
   * Removes a run with all it has: first the rows, then the bytes. Files that cannot be removed are
   * told once all the others are, and left to {@linkcode Store.gc}.
   *
   * @param id The run.
   * @param options `force` removes also what model versions are made of, and those versions.
   * @throws {ArtifactInUseError} If a model version is made of the run.
   * @throws {RunNotFoundError} If it is not in the store.
   * @throws {StorageError} If the system refuses to remove a file.
   */
  removeRun(id: string, options: RemoveOptions = {}): Promise<void> {
    return this.#write(async ({ runs, artifacts }) => {
      await artifacts.removeBytes(await runs.remove(id, options.force ?? false));
    });
  }

  /**
   * Removes runs: those that are older than a time, all but the newest, those of an experiment or
   * status, or what fits several of these; the newest that are kept are of those that fit. Runs that have not ended stay, unless their status is asked
   * for, and so do those that a model version is made of.
   *
   * @example All but the ten newest of each experiment
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const { removed } = await store.prune({ keepLast: 10 });
   * console.log(removed.length, "runs removed");
   * ```
   *
   * @throws {InvalidOptionError} If nothing is said of which runs, or something cannot be meant.
   * @throws {StorageError} If the system refuses to remove files; all the others are gone then.
   */
  prune(options: PruneOptions): Promise<PruneReport> {
    return this.#write(() => prune(this, options)).then(shownAs("prune"));
  }

  /**
   * Sets params of a run. Setting one again to the same value does nothing.
   *
   * @throws {RunStateError} If one is set to another value already; none is set then.
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  logParams(runId: string, params: Params): Promise<void> {
    return this.#write(({ runs }) => runs.logParams(runId, params));
  }

  /**
   * The params of a run, by name.
   *
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  params(runId: string): Promise<Record<string, unknown>> {
    return this.#use(({ runs }) => runs.params(runId));
  }

  /**
   * Sets labels of a run, which may be changed at any time, or removes those that are `null`.
   *
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  setTags(runId: string, tags: Readonly<Record<string, string | null>>): Promise<void> {
    return this.#write(({ runs }) => runs.setTags(runId, tags));
  }

  /** Sets the note of a run, in Markdown: its tag `note`. See {@linkcode setTags}. */
  setNote(runId: string, note: string): Promise<void> {
    return this.setTags(runId, { note });
  }

  /**
   * Adds one value to each of some metrics of a run. When the promise resolves they are stored;
   * {@linkcode ActiveRun.log} does not wait for that.
   *
   * @param runId The run.
   * @param metrics Values by the metric's name. `NaN` and the infinities are kept as they are.
   * @param options The step of the training that they belong to, 0 if left out, and the time.
   * @throws {InvalidOptionError} If a value is no number; nothing is logged then.
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  logMetrics(
    runId: string,
    metrics: Readonly<Record<string, number>>,
    options: MetricOptions = {},
  ): Promise<void> {
    return this.#write(async ({ runs }) => {
      const batch = emptyBatch(runId);
      addValues(batch, metrics, options);
      // What was logged before, and waits, comes first.
      await this.#buffer.flush();
      await runs.logMetrics(batch);
    });
  }

  /**
   * Adds many points to the metrics of a run. When the promise resolves they are stored.
   *
   * @param runId The run.
   * @param points The points, in the order to keep.
   * @throws {InvalidOptionError} If a value is no number; nothing is logged then.
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  logPoints(runId: string, points: Iterable<MetricPoint>): Promise<void> {
    return this.#write(async ({ runs }) => {
      const batch = emptyBatch(runId);
      addPoints(batch, points);
      await this.#buffer.flush();
      await runs.logMetrics(batch);
    });
  }

  /** @ignore Takes values for {@linkcode ActiveRun.log}. */
  buffer(runId: string, metrics: Readonly<Record<string, number>>, options: MetricOptions): void {
    if (this.#closing) throw new StoreClosedError();
    if (this.#parts.readOnly) throw new ReadOnlyError();
    this.#buffer.add(runId, metrics, options);
  }

  /**
   * Resolves once all that {@linkcode ActiveRun.log} has taken is stored.
   *
   * @throws {RunNotFoundError} If a run that was logged to has been removed.
   */
  flush(): Promise<void> {
    return this.#use(() => this.#buffer.flush());
  }

  /**
   * The values of a run's metrics, or of one of them, in the order logged.
   *
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  metrics(runId: string, key?: string): Promise<Metric[]> {
    return this.#read(({ runs }) => runs.metrics(runId, key)).then(shownAs("metrics"));
  }

  /**
   * The values of one metric in columns, as plots want them; on demand with fewer points, chosen so
   * that the shape stays.
   *
   * @example
   * ```ts
   * import { openStore } from "@chachaml/store";
   * import assert from "node:assert/strict";
   *
   * await using store = await openStore({ inMemory: true });
   * const run = await store.startRun();
   * for (let step = 0; step < 10_000; step++) run.log({ loss: 1 / (step + 1) }, { step });
   * const { steps, values } = await store.curve(run.id, "loss", { points: 100 });
   * assert.deepEqual([steps.length, values[0]], [100, 1]);
   * ```
   *
   * @throws {InvalidOptionError} If fewer than 3 points are asked for.
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  curve(runId: string, key: string, options: CurveOptions = {}): Promise<Curve> {
    return this.#read(({ runs }) => runs.curve(runId, key, options)).then(shownAs("curve"));
  }

  /**
   * What each metric of a run comes to: its last, smallest and largest value. By name.
   *
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  metricSummary(runId: string): Promise<MetricSummary[]> {
    return this.#read(({ runs }) => runs.summary(runId)).then(shownAs("summary"));
  }

  /**
   * Puts runs side by side: their params and what their metrics come to, and where they differ.
   *
   * @throws {RunNotFoundError} If one is not in the store.
   */
  compareRuns(ids: readonly string[]): Promise<Comparison> {
    return this.#read(async ({ runs }) => {
      checkIds("compare runs", ids);
      const items: Compared[] = [];
      for (const id of ids) {
        const run = await runs.get(id);
        items.push({ run, params: await runs.params(id), metrics: await runs.summary(id) });
      }
      return compare(items);
    }).then(shownAs("comparison"));
  }

  /**
   * The run in which a metric came to its largest value, or its smallest; `undefined` if no run has it.
   *
   * @example
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const best = await store.bestRun({ metric: "loss", order: "asc" }, { experiment: "iris" });
   * console.log(best?.id ?? "no run yet");
   * ```
   *
   * @param by The metric, and whether a large value is best (`"desc"`, the default) or a small one.
   * @param query Among which runs.
   * @throws {InvalidOptionError} If the metric or the query cannot be meant.
   */
  async bestRun(by: MetricOrder, query: Omit<RunQuery, "sortBy" | "limit"> = {}): Promise<
    Run | undefined
  > {
    // Of nothing, the newest run would be the best.
    const [best] = await this.listRuns({ ...query, sortBy: by ?? {}, limit: 1 });
    if (!best) return undefined;
    // Runs without the metric, and those where it is no number, come last, and are not the best.
    const summary = (await this.metricSummary(best.id)).find(({ key }) => key === by.metric);
    return summary && !Number.isNaN(summary[by.of ?? "last"]) ? best : undefined;
  }

  /**
   * Notes a dataset that a run uses: where it came from, how large it is. Its bytes are an artifact's.
   *
   * @throws {InvalidOptionError} If something of it is of a wrong type.
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  logDataset(runId: string, dataset: DatasetOptions): Promise<Dataset> {
    return this.#write(({ runs }) => runs.logDataset(runId, dataset));
  }

  /**
   * The datasets of a run, in the order noted.
   *
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  datasets(runId: string): Promise<Dataset[]> {
    return this.#use(({ runs }) => runs.datasets(runId)).then(shownAs("datasets"));
  }

  /** The experiments, by name: those that have runs, and those that have been described. */
  experiments(): Promise<Experiment[]> {
    return this.#use(({ runs }) => runs.experiments()).then(shownAs("experiments"));
  }

  /** Says what an experiment is about, and whose it is. What is left out stays. */
  describeExperiment(
    name: string,
    about: { readonly description?: string | null; readonly owner?: string | null },
  ): Promise<void> {
    return this.#write(({ runs }) => runs.describeExperiment(name, about));
  }

  /**
   * Stores an artifact: bytes, text, a JSON value, a stream, a response, or the file of a URL. When
   * the promise resolves, bytes and row are stored for good; if it rejects, nothing is. Do not change
   * bytes that you pass before then.
   *
   * @example Text, JSON, bytes
   * ```ts
   * import { openStore } from "@chachaml/store";
   * import assert from "node:assert/strict";
   *
   * await using store = await openStore({ inMemory: true });
   * const { id } = await store.startRun();
   * await store.put(id, "notes/report.md", "# Report");
   * await store.put(id, "config.json", { layers: [64, 10] });
   * const weights = await store.put(id, "weights", new Float32Array([0.5, 1]));
   * assert.equal(weights.size, 8);
   * ```
   *
   * @param runId The run that it belongs to.
   * @param name Its name within the run; `/` makes folders.
   * @param source What to store. A string is text, never a path.
   * @param options Type, and what to do with an artifact of the same name.
   * @returns The artifact.
   * @throws {InvalidNameError} If the name breaks a rule, or clashes with another of the run.
   * @throws {ArtifactExistsError} If the run has an artifact of this name.
   * @throws {ArtifactInUseError} If it is to be replaced, and a model version is made of it.
   * @throws {InvalidSourceError} If the source cannot be stored.
   * @throws {SourceChangedError} If a file changes while it is read.
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  put(
    runId: string,
    name: string,
    source: PutSource,
    options: PutOptions = {},
  ): Promise<Artifact> {
    return this.#write(({ artifacts }) => artifacts.put(runId, name, source, options));
  }

  /**
   * Stores a file. Throws what {@linkcode put} throws.
   *
   * @param runId The run that it belongs to.
   * @param name Its name within the run.
   * @param path The file; a string is a path here.
   * @param options As for {@linkcode put}, and whether the file is moved.
   * @returns The artifact.
   */
  putFile(
    runId: string,
    name: string,
    path: string | URL,
    options: PutFileOptions = {},
  ): Promise<Artifact> {
    return this.#write(({ artifacts }) => artifacts.putFile(runId, name, toPath(path), options));
  }

  /**
   * Stores every file of a directory, named by its path within it. All names are checked first; after
   * a failure some files may be stored, and the same call with `ifExists: "same"` stores the others.
   * The store's own database and artifacts are left out, should they lie in it. Throws what {@linkcode put} throws.
   *
   * @param runId The run that they belong to.
   * @param path The directory.
   * @param options A prefix for the names, and what to do with symbolic links.
   * @returns The artifacts, by name.
   */
  putDirectory(
    runId: string,
    path: string | URL,
    options: PutDirectoryOptions = {},
  ): Promise<Artifact[]> {
    return this.#write((parts) => putDirectory(parts, runId, toPath(path), options))
      .then(shownAs("artifacts"));
  }

  /**
   * The artifact of an id.
   *
   * @throws {ArtifactNotFoundError} If it is not in the store.
   * @throws {UnsafePathError} If its row, of a foreign database, leads outside the directory.
   */
  get(id: string): Promise<Artifact>;
  /** The artifact of a run and name. Throws what the other form throws. */
  get(runId: string, name: string): Promise<Artifact>;
  get(idOrRunId: string, name?: string): Promise<Artifact> {
    return this.#use(({ artifacts }) => artifacts.get(idOrRunId, name));
  }

  /** Whether there is an artifact of an id. */
  has(id: string): Promise<boolean>;
  /** Whether a run has an artifact of a name. */
  has(runId: string, name: string): Promise<boolean>;
  has(idOrRunId: string, name?: string): Promise<boolean> {
    return this.#use(({ artifacts }) => artifacts.has(idOrRunId, name));
  }

  /**
   * The artifacts of a run, by creation time, then name.
   *
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  list(runId: string): Promise<Artifact[]> {
    return this.#use(async ({ runs, artifacts }) => {
      await runs.get(runId);
      return await artifacts.list({ runId });
    }).then(shownAs("artifacts"));
  }

  /**
   * The artifacts of all runs that fit a query, by creation time, then name.
   *
   * @example All checkpoints
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * for (const { runId, name, size } of await store.find({ name: "checkpoints/*" })) {
   *   console.log(runId, name, size);
   * }
   * ```
   *
   * @throws {InvalidOptionError} If the query cannot be meant.
   */
  find(query: ArtifactQuery): Promise<Artifact[]> {
    return this.#use(({ artifacts }) => artifacts.list(query)).then(shownAs("artifacts"));
  }

  /**
   * Removes an artifact: first its row, then its bytes.
   *
   * @param id The artifact.
   * @param options `force` removes it also if a model version is made of it, and that version too.
   * @throws {ArtifactInUseError} If a model version is made of it.
   * @throws {ArtifactNotFoundError} If it is not in the store.
   */
  remove(id: string, options?: RemoveOptions): Promise<void>;
  /** Removes the artifact of a run and name. Throws what the other form throws. */
  remove(runId: string, name: string, options?: RemoveOptions): Promise<void>;
  remove(
    idOrRunId: string,
    nameOrOptions?: string | RemoveOptions,
    options?: RemoveOptions,
  ): Promise<void> {
    // What is neither was meant as a name, and must not stand for none.
    const named = typeof nameOrOptions !== "object" && nameOrOptions !== undefined ||
      nameOrOptions === null;
    const [name, { force = false } = {}] = named
      ? [nameOrOptions, options]
      : [undefined, nameOrOptions];
    return this.#write(({ artifacts }) => artifacts.remove(idOrRunId, name, force));
  }

  /**
   * Checks every artifact: that its file is there, inside the directory, of the right size and, unless
   * `quick`, of the right hash, on all cores; and looks for files that belong to no artifact. It only
   * reads, and goes on whatever it finds.
   *
   * @example
   * ```ts
   * import { openStore } from "@chachaml/store";
   * import assert from "node:assert/strict";
   *
   * await using store = await openStore({ inMemory: true });
   * const verification = store.verify();
   * for await (const { kind, message } of verification) console.error(kind, message);
   * assert.equal((await verification.summary()).damaged, 0);
   * ```
   *
   * @param options One run only, without hashing, progress.
   * @returns The findings as they come, and a summary.
   * @throws {StoreClosedError} If the store is closed, also while it goes on.
   * @throws {RunNotFoundError} From the findings or the summary, if the run is not in the store.
   */
  verify(options: VerifyOptions = {}): Verification {
    if (this.#closing) throw new StoreClosedError();
    const { artifacts, readOnly } = this.#parts;
    const { signal: asked } = options;
    const signal = AbortSignal.any([this.#ending.signal, ...asked ? [asked] : []]);
    return artifacts.verify({ ...options, signal }, readOnly);
  }

  /**
   * Removes what belongs to no artifact: files that a crash left without a row, staged bytes without a
   * writer, empty folders. What has been changed within the grace period stays. Puts may go on.
   *
   * @param options The grace period, and whether only to tell what would be removed.
   * @returns What was removed, and what could not be.
   */
  gc(options: GcOptions = {}): Promise<GcReport> {
    return this.#write(({ artifacts }) => artifacts.gc(options)).then(shownAs("gc"));
  }

  /**
   * Copies the store to a directory, database and artifacts together, while writers go on. What is
   * there is a store, too: `chachaml.db`, with `chachaml-artifacts/` beside it. Backing up to the same
   * directory again copies only what is new and drops what is gone; until it is done, and if it is
   * interrupted, the previous backup stays whole. Every file is checked against its hash on the way.
   *
   * @example
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const dir = await Deno.makeTempDir();
   * const { artifacts, omitted } = await store.backup(dir);
   * console.log(artifacts, "artifacts,", omitted.length, "left out");
   * await Deno.remove(dir, { recursive: true });
   * ```
   *
   * @param to The directory; it is made where it is missing.
   * @param options Whether to share files, and whether to verify afterwards.
   * @returns What was copied, and what was left out and why.
   * @throws {InvalidOptionError} If a store that is no backup of this one is there.
   * @throws {StorageError} If the system refuses, or another backup to the directory is under way.
   */
  backup(to: string | URL, options: BackupOptions = {}): Promise<BackupReport> {
    return this.#read((parts) => backup(parts, to, options)).then(shownAs("backup"));
  }

  /**
   * Makes artifacts of the same bytes share one file, by hard links; names and paths stay as they are.
   * Where links are not possible, artifacts keep files of their own, which the report lists.
   *
   * @param options Whether to tell only what would be shared.
   * @returns What is shared now, and what could not be.
   * @throws {StorageError} If the system refuses.
   */
  dedup(options: DedupOptions = {}): Promise<DedupReport> {
    return this.#write(({ artifacts }) => artifacts.dedup(options)).then(shownAs("dedup"));
  }

  /** Counts what is there: runs, artifacts, their bytes as rows say and as files take. */
  info(): Promise<StoreInfo> {
    return this.#use(describe).then(shownAs("info"));
  }

  /**
   * Gives runs as a tar archive: a JSON manifest of all that is kept of them, then the files of their
   * artifacts, as `<run-id>/<name>`. Any `tar` unpacks it; {@linkcode Store.import} takes it up.
   *
   * @example
   * ```ts
   * import { openStore } from "@chachaml/store";
   * import assert from "node:assert/strict";
   *
   * await using here = await openStore({ inMemory: true });
   * await using there = await openStore({ inMemory: true });
   * const run = await here.startRun();
   * await run.put("notes.md", "# Notes");
   * await there.import(here.export([run.id]));
   * assert.equal(await (await there.get(run.id, "notes.md")).text(), "# Notes");
   * ```
   *
   * @param runIds Ids of the runs.
   * @param options A signal, and whom to tell of progress.
   * @returns The archive. Through it come {@linkcode RunNotFoundError}, and {@linkcode IntegrityError}
   * in place of the last bytes of an artifact that is damaged.
   */
  export(
    runIds: readonly string[],
    options: ExportOptions = {},
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    if (this.#closing) throw new StoreClosedError();
    const [parts, buffer] = [this.#parts, this.#buffer];
    return ReadableStream.from((async function* () {
      await buffer.flush();
      yield* exportRuns(parts, runIds, options);
    })());
  }

  /**
   * Takes up the runs of an archive that {@linkcode Store.export} has made. Nothing of it can be seen
   * before all of it has been read and checked. A run that is there already, and the same, is left
   * as it is, so that an import can be repeated.
   *
   * @param archive The archive's bytes.
   * @param options Whether to give new ids.
   * @returns What was imported.
   * @throws {ArchiveError} If the archive is damaged, not whole, or has anything but plain files.
   * @throws {RunStateError} If the store has another run of the same id.
   */
  async import(
    archive: ReadableStream<Uint8Array>,
    options: ImportOptions = {},
  ): Promise<ImportReport> {
    try {
      const report = await this.#write((parts) => importRuns(parts, archive, options));
      return shownAs("import")(report);
    } catch (error) {
      await abandonSource(archive, error);
      throw error;
    }
  }

  /**
   * Closes the store, once the calls under way are done; verifications end at once. Closing again
   * does nothing. A store in memory is gone then, with the temporary directory that was made for it.
   */
  close(): Promise<void> {
    return this.#closing ??= (async () => {
      this.#ending.abort(new StoreClosedError());
      await Promise.allSettled(this.#underWay);
      try {
        await this.#buffer.flush();
      } finally {
        await this.#parts.close();
      }
    })();
  }

  /** Closes the store: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Where the store is, for a console. */
  [Symbol.for("Deno.customInspect")](
    inspect: typeof Deno.inspect,
    options: Deno.InspectOptions,
  ): string {
    const { path, artifactDir, driver, readOnly } = this.#parts;
    const fields = {
      path,
      artifactDir,
      driver: driver.name,
      readOnly,
      closed: this.#closing !== undefined,
    };
    return `Store ${inspect(fields, options)}`;
  }

  /** What it holds, and its newest runs, for a notebook. */
  async [DISPLAY](): Promise<MediaBundle> {
    return await (await import("../jupyter/store_summary.ts")).showStore(this);
  }

  #write<T>(work: (parts: StoreParts) => Promise<T>): Promise<T> {
    return this.#use((parts) => {
      if (parts.readOnly) throw new ReadOnlyError();
      return work(parts);
    });
  }

  /** Reads what has been logged, too. */
  #read<T>(work: (parts: StoreParts) => Promise<T>): Promise<T> {
    return this.#use(async (parts) => {
      await this.#buffer.flush();
      return await work(parts);
    });
  }

  async #use<T>(work: (parts: StoreParts) => Promise<T>): Promise<T> {
    if (this.#closing) throw new StoreClosedError();
    const result = (async () => await work(this.#parts))();
    this.#underWay.add(result);
    try {
      return await result;
    } finally {
      this.#underWay.delete(result);
    }
  }
}
