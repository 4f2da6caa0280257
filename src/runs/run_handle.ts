import { DISPLAY, type MediaBundle, renderer } from "../display/displayable.ts";
import type { Dataset, DatasetOptions } from "../metadata/dataset.ts";
import type {
  Curve,
  CurveOptions,
  Metric,
  MetricOptions,
  MetricPoint,
  MetricSummary,
} from "../metadata/metric.ts";
import type { ModelVersion, RegisterModelOptions } from "../metadata/model.ts";
import type { StorableObject } from "../edn/mod.ts";
import type { MetricRecord, MetricValues, TagChanges } from "../metadata/accepted.ts";
import type { RunAccess, RunRooms } from "./run_access.ts";
import { RunFiles } from "./run_files.ts";
import type { RunUpdate } from "./run_update.ts";
import type { LogParamsOptions } from "./log_params.ts";
import type { EndOptions, Run } from "../metadata/run.ts";

/**
 * Handle of one run: the methods of the store's parts, with the run's id filled in. Returned by
 * {@linkcode Store.startRun}, {@linkcode Store.withRun} and {@linkcode Store.run}.
 *
 * Methods throw what the methods they delegate to throw, in particular {@linkcode RunNotFoundError}
 * if the run has been removed. They need only the permissions of {@linkcode openStore}, unless they
 * say otherwise.
 */
export class RunHandle extends RunFiles {
  readonly #rooms: RunRooms;
  readonly #buffer: RunAccess["buffer"];

  /** @ignore Created by the store. */
  constructor({ rooms, buffer }: RunAccess, info: Run) {
    super(rooms.artifacts, info);
    this.#rooms = rooms;
    this.#buffer = buffer;
  }

  /**
   * Reads the current state of the run. See {@linkcode Runs.get}.
   *
   * @returns The run.
   */
  record(): Promise<Run> {
    return this.#rooms.runs.get(this.id);
  }

  /**
   * Sets params. See {@linkcode Runs.logParams}.
   *
   * @param params Values by name.
   * @param options Whether to correct params that have other values.
   */
  logParams<T extends object>(
    params: T & StorableObject<T>,
    options?: LogParamsOptions,
  ): Promise<void> {
    return this.#rooms.runs.logParams(this.id, params, options);
  }

  /**
   * Returns the params. See {@linkcode Runs.params}.
   *
   * @returns Values by name.
   */
  params(): Promise<Record<string, unknown>> {
    return this.#rooms.runs.params(this.id);
  }

  /**
   * Logs one value each of some metrics without waiting. Values are buffered and written once a
   * second, when the run ends, when the store is closed, and before metrics are read. {@linkcode
   * flush} waits for that. If writing fails, the next call throws the error.
   *
   * @param metrics Values by metric name. `NaN` and the infinities are stored as is.
   * @param options Training step (default 0) and time of the values.
   * @throws {InvalidOptionError} If a value is not a number; nothing is logged then.
   * @throws {InvalidNameError} If a key has a bidirectional control.
   */
  log<T extends object>(metrics: T & MetricValues<T>, options: MetricOptions = {}): void {
    this.#buffer(this.id, metrics as MetricRecord, options);
  }

  /** Waits until everything logged is stored. See {@linkcode Metrics.flush}. */
  flush(): Promise<void> {
    return this.#rooms.metrics.flush();
  }

  /**
   * Logs one value each of some metrics, and waits. See {@linkcode Metrics.log}.
   *
   * @param metrics Values by metric name.
   * @param options Training step (default 0) and time of the values.
   */
  logMetrics<T extends object>(
    metrics: T & MetricValues<T>,
    options?: MetricOptions,
  ): Promise<void> {
    return this.#rooms.metrics.log(this.id, metrics as MetricRecord, options);
  }

  /**
   * Logs many points. See {@linkcode Metrics.logPoints}.
   *
   * @param points Points to log.
   */
  logPoints(points: Iterable<MetricPoint>): Promise<void> {
    return this.#rooms.metrics.logPoints(this.id, points);
  }

  /**
   * Returns points of the run. See {@linkcode Metrics.points}.
   *
   * @param key Name of a metric; by default all metrics.
   * @returns The points.
   */
  points(key?: string): Promise<Metric[]> {
    return this.#rooms.metrics.points(this.id, key);
  }

  /**
   * Returns one metric as columns. See {@linkcode Metrics.curve}.
   *
   * @param key Name of the metric.
   * @param options Maximum number of points.
   * @returns The curve.
   */
  curve(key: string, options?: CurveOptions): Promise<Curve> {
    return this.#rooms.metrics.curve(this.id, key, options);
  }

  /**
   * Returns a summary of each metric. See {@linkcode Metrics.summary}.
   *
   * @returns The summaries, sorted by name.
   */
  summary(): Promise<MetricSummary[]> {
    return this.#rooms.metrics.summary(this.id);
  }

  /**
   * Sets or removes tags. See {@linkcode Runs.setTags}.
   *
   * @param tags Text by name; `null` removes a tag.
   */
  setTags<T extends object>(tags: T & TagChanges<T>): Promise<void> {
    return this.#rooms.runs.setTags(this.id, tags as Readonly<Record<string, string | null>>);
  }

  /**
   * Reads the current tags.
   *
   * @returns Text by name.
   */
  async tags(): Promise<Readonly<Record<string, string>>> {
    return (await this.record()).tags;
  }

  /**
   * Sets the note. See {@linkcode Runs.setNote}.
   *
   * @param note Note in Markdown.
   */
  setNote(note: string): Promise<void> {
    return this.#rooms.runs.setNote(this.id, note);
  }

  /**
   * Records a dataset that the run uses. See {@linkcode Runs.logDataset}.
   *
   * @param dataset Description of the dataset.
   * @returns The recorded dataset.
   */
  logDataset(dataset: DatasetOptions): Promise<Dataset> {
    return this.#rooms.runs.logDataset(this.id, dataset);
  }

  /**
   * Returns the datasets. See {@linkcode Runs.datasets}.
   *
   * @returns The datasets, in the order they were recorded.
   */
  datasets(): Promise<Dataset[]> {
    return this.#rooms.runs.datasets(this.id);
  }

  /**
   * Registers an artifact of the run as a model version. See {@linkcode Models.register}.
   *
   * @param model Name of the model.
   * @param options Artifact and initial stage.
   * @returns The new version.
   */
  registerModel(model: string, options: RegisterModelOptions): Promise<ModelVersion> {
    return this.#rooms.models.register(model, { ...options, runId: this.id });
  }

  /**
   * Renames the run, or moves it to another experiment. See {@linkcode Runs.update}.
   *
   * @param change Members to set.
   * @returns The updated run.
   */
  update(change: RunUpdate): Promise<Run> {
    return this.#rooms.runs.update(this.id, change);
  }

  /**
   * Lists the direct children of the run.
   *
   * @returns The child runs, newest first.
   */
  children(): Promise<Run[]> {
    return this.#rooms.runs.list({ parentId: this.id });
  }

  /**
   * Reopens the run after it has ended. See {@linkcode Runs.resume}.
   *
   * @returns The updated run.
   */
  resume(): Promise<Run> {
    return this.#rooms.runs.resume(this.id);
  }

  /**
   * Archives the run: it is hidden until it is unarchived. See {@linkcode Runs.archive}.
   *
   * @returns The updated run.
   */
  archive(): Promise<Run> {
    return this.#rooms.runs.archive(this.id);
  }

  /**
   * Unarchives the run. See {@linkcode Runs.unarchive}.
   *
   * @returns The updated run.
   */
  unarchive(): Promise<Run> {
    return this.#rooms.runs.unarchive(this.id);
  }

  /**
   * Ends the run. See {@linkcode Runs.end}.
   *
   * @param options Status and error.
   * @returns The updated run.
   */
  end(options?: EndOptions): Promise<Run> {
    return this.#rooms.runs.end(this.id, options);
  }

  /**
   * Supports `await using`: ends a run that is still running as failed, because the likeliest reason
   * is an error. End the run as the last step of the block, or use {@linkcode Store.withRun}.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const { status } = await this.record();
    if (status === "running") await this.end({ error: "left before it was ended" });
  }

  /** Returns the run at the time the handle was created, for consoles. */
  [Symbol.for("Deno.customInspect")](
    inspect: typeof Deno.inspect,
    options: Deno.InspectOptions,
  ): string {
    return `RunHandle ${inspect(this.info, options)}`;
  }

  /** Returns the current params, metrics and artifacts, for notebooks. */
  async [DISPLAY](): Promise<MediaBundle> {
    return await (await renderer()).show("handle", this);
  }
}
