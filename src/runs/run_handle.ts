import type { Artifact } from "../artifacts/artifact.ts";
import type { PutFileOptions, PutOptions } from "../artifacts/put_options.ts";
import type { RemoveOptions } from "../artifacts/artifacts.ts";
import type { PutDirectoryOptions } from "../artifacts/put_directory.ts";
import type { AcceptedSource } from "../artifacts/accepted_source.ts";
import type { CapturedDisplay, CaptureOptions } from "../artifacts/captured_display.ts";
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
export class RunHandle {
  /** Id of the run. */
  readonly id: string;
  /** The run when the handle was created; {@linkcode RunHandle.record} reads its current state. */
  readonly info: Run;
  readonly #rooms: RunRooms;
  readonly #buffer: RunAccess["buffer"];

  /** @ignore Created by the store. */
  constructor({ rooms, buffer }: RunAccess, info: Run) {
    this.#rooms = rooms;
    this.#buffer = buffer;
    this.id = info.id;
    this.info = info;
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
   * Stores bytes, text or JSON as an artifact. See {@linkcode Artifacts.put}.
   *
   * @param name Name of the artifact.
   * @param source Content: bytes, text, a stream, a `Response`, or a JSON value.
   * @param options Content type, `ifExists`, progress and abort signal.
   * @returns The stored artifact.
   */
  put<T>(
    name: string,
    source: T & AcceptedSource<T>,
    options?: PutOptions,
  ): Promise<Artifact> {
    return this.#rooms.artifacts.put<T>(this.id, name, source, options);
  }

  /**
   * Stores a file as an artifact. See {@linkcode Artifacts.putFile}. Requires `--allow-read` for the
   * file, and `--allow-write` to move it.
   *
   * @param name Name of the artifact.
   * @param path Path or `file:` URL of the file.
   * @param options Options of {@linkcode put}, and whether to move the file.
   * @returns The stored artifact.
   */
  putFile(name: string, path: string | URL, options?: PutFileOptions): Promise<Artifact> {
    return this.#rooms.artifacts.putFile(this.id, name, path, options);
  }

  /**
   * Stores every file of a directory. See {@linkcode Artifacts.putDirectory}. Requires
   * `--allow-read` for the directory.
   *
   * @param path Path or `file:` URL of the directory.
   * @param options Name prefix, filters, progress and abort signal.
   * @returns The stored artifacts.
   */
  putDirectory(path: string | URL, options?: PutDirectoryOptions): Promise<Artifact[]> {
    return this.#rooms.artifacts.putDirectory(this.id, path, options);
  }

  /**
   * Returns an artifact of the run. See {@linkcode Artifacts.get}.
   *
   * @param name Name of the artifact.
   * @returns The artifact.
   */
  get(name: string): Promise<Artifact> {
    return this.#rooms.artifacts.get(this.id, name);
  }

  /**
   * Checks whether the run has an artifact. See {@linkcode Artifacts.has}.
   *
   * @param name Name of the artifact.
   * @returns Whether the run has it.
   */
  has(name: string): Promise<boolean> {
    return this.#rooms.artifacts.has(this.id, name);
  }

  /**
   * Lists the artifacts of the run. See {@linkcode Artifacts.list}.
   *
   * @returns The artifacts, sorted by name.
   */
  list(): Promise<Artifact[]> {
    return this.#rooms.artifacts.list(this.id);
  }

  /**
   * Removes an artifact of the run. See {@linkcode Artifacts.remove}.
   *
   * @param name Name of the artifact.
   * @param options `force` also removes the model versions that use it.
   */
  remove(name: string, options?: RemoveOptions): Promise<void> {
    return this.#rooms.artifacts.remove(this.id, name, options);
  }

  /**
   * Stores the notebook display of a value as files that other programs can open. Supported values:
   * a canvas or image bytes, an SVG or HTML element, a Vega or Vega-Lite plot (its specification,
   * and rendered if the npm packages `vega` and `vega-lite` can be loaded), a polars dataframe (as
   * CSV, or as Parquet if the name ends in `.parquet`), and any other value with a Jupyter display
   * method.
   *
   * @param name Name of the artifact; a missing extension is added.
   * @param value Value to display.
   * @param options `ifExists` and an abort signal.
   * @returns The stored artifacts, and the formats that failed.
   * @throws {InvalidSourceError} If a notebook displays the value only as text.
   *
   * @example Store an SVG element
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const run = await store.startRun();
   * const { artifacts } = await run.logDisplay("plots/dot", {
   *   outerHTML: '<svg width="9" height="9"><circle r="4" cx="4" cy="4"/></svg>',
   * });
   * console.log(artifacts.map(({ name }) => name)); // ["plots/dot.svg"]
   * ```
   */
  async logDisplay(
    name: string,
    value: unknown,
    options: CaptureOptions = {},
  ): Promise<CapturedDisplay> {
    const { capture } = await renderer();
    return await capture(this, name, value, options) as CapturedDisplay;
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
