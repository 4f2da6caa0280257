import type { Artifact } from "../artifacts/artifact.ts";
import type { PutFileOptions, PutOptions } from "../artifacts/put_options.ts";
import type { Artifacts, RemoveOptions } from "../artifacts/artifacts.ts";
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
import type { RunUpdate } from "./run_update.ts";
import type { LogParamsOptions } from "./log_params.ts";
import type { EndOptions, Run } from "../metadata/run.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Models } from "../models/models.ts";
import type { Runs } from "./runs.ts";

/** The rooms of a store that a handle passes its calls to. */
export interface RunRooms {
  /** Runs. */
  readonly runs: Runs;
  /** Metrics. */
  readonly metrics: Metrics;
  /** Artifacts. */
  readonly artifacts: Artifacts;
  /** Models. */
  readonly models: Models;
}

/** What a handle needs of its store. */
export interface RunAccess {
  /** Its rooms. */
  readonly rooms: RunRooms;
  /** Takes values that are to be written soon. */
  readonly buffer: (
    runId: string,
    values: MetricRecord,
    options: MetricOptions,
  ) => void;
}

/**
 * A run of an open store: the store's calls, with the run filled in. Got by
 * {@linkcode Store.startRun}, {@linkcode Store.withRun} and {@linkcode Store.run}.
 */
export class RunHandle {
  /** Id of the run. */
  readonly id: string;
  /** The run as it was when the handle was made; {@linkcode RunHandle.record} reads it again. */
  readonly info: Run;
  readonly #rooms: RunRooms;
  readonly #buffer: RunAccess["buffer"];

  /** @ignore Made by the store. */
  constructor({ rooms, buffer }: RunAccess, info: Run) {
    this.#rooms = rooms;
    this.#buffer = buffer;
    this.id = info.id;
    this.info = info;
  }

  /** Reads the run as it is now. See {@linkcode Runs.get}. */
  record(): Promise<Run> {
    return this.#rooms.runs.get(this.id);
  }

  /** Stores bytes, text or JSON. See {@linkcode Artifacts.put}. */
  put<T>(
    name: string,
    source: T & AcceptedSource<T>,
    options?: PutOptions,
  ): Promise<Artifact> {
    return this.#rooms.artifacts.put<T>(this.id, name, source, options);
  }

  /** Stores a file. See {@linkcode Artifacts.putFile}. */
  putFile(name: string, path: string | URL, options?: PutFileOptions): Promise<Artifact> {
    return this.#rooms.artifacts.putFile(this.id, name, path, options);
  }

  /** Stores every file of a directory. See {@linkcode Artifacts.putDirectory}. */
  putDirectory(path: string | URL, options?: PutDirectoryOptions): Promise<Artifact[]> {
    return this.#rooms.artifacts.putDirectory(this.id, path, options);
  }

  /** Returns its artifact with a name. See {@linkcode Artifacts.get}. */
  get(name: string): Promise<Artifact> {
    return this.#rooms.artifacts.get(this.id, name);
  }

  /** Whether it has an artifact with a name. See {@linkcode Artifacts.has}. */
  has(name: string): Promise<boolean> {
    return this.#rooms.artifacts.has(this.id, name);
  }

  /** Lists its artifacts. See {@linkcode Artifacts.list}. */
  list(): Promise<Artifact[]> {
    return this.#rooms.artifacts.list(this.id);
  }

  /** Removes its artifact with a name. See {@linkcode Artifacts.remove}. */
  remove(name: string, options?: RemoveOptions): Promise<void> {
    return this.#rooms.artifacts.remove(this.id, name, options);
  }

  /**
   * Stores what a notebook shows of a value, in files that other programs open: a canvas or the bytes
   * of a picture, an SVG or HTML element, a Vega or Vega-Lite plot (its spec, and rendered, where the
   * npm packages `vega` and `vega-lite` can be loaded), a polars dataframe (as CSV, or as Parquet if
   * the name says so), and any other value with a Jupyter display method.
   *
   * @example
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
   *
   * @param name Name of the artifact; a missing extension is added.
   * @param value What the notebook shows.
   * @param options What to do if the names exist, and a signal.
   * @returns The artifacts, and the forms that could not be made.
   * @throws {InvalidSourceError} If a notebook shows nothing of the value but text.
   */
  async logDisplay(
    name: string,
    value: unknown,
    options: CaptureOptions = {},
  ): Promise<CapturedDisplay> {
    const { capture } = await renderer();
    return await capture(this, name, value, options) as CapturedDisplay;
  }

  /** Sets params. See {@linkcode Runs.logParams}. */
  logParams<T extends object>(
    params: T & StorableObject<T>,
    options?: LogParamsOptions,
  ): Promise<void> {
    return this.#rooms.runs.logParams(this.id, params, options);
  }

  /** Returns its params. See {@linkcode Runs.params}. */
  params(): Promise<Record<string, unknown>> {
    return this.#rooms.runs.params(this.id);
  }

  /**
   * Takes one value of each of some metrics, and returns at once: values are stored together, once a
   * second and when the run ends or the store is closed or asked for metrics. {@linkcode flush} waits
   * for that. If storing fails, the next of these calls throws.
   *
   * @param metrics Values by metric. `NaN` and the infinities are kept as they are.
   * @param options The training step that they belong to (default 0) and the time.
   * @throws {InvalidOptionError} If a value is not a number; none is taken then.
   */
  log<T extends object>(metrics: T & MetricValues<T>, options: MetricOptions = {}): void {
    this.#buffer(this.id, metrics as MetricRecord, options);
  }

  /** Resolves once everything that was logged is stored. See {@linkcode Metrics.flush}. */
  flush(): Promise<void> {
    return this.#rooms.metrics.flush();
  }

  /** Logs one value of each of some metrics, and waits. See {@linkcode Metrics.log}. */
  logMetrics<T extends object>(
    metrics: T & MetricValues<T>,
    options?: MetricOptions,
  ): Promise<void> {
    return this.#rooms.metrics.log(this.id, metrics as MetricRecord, options);
  }

  /** Logs many points. See {@linkcode Metrics.logPoints}. */
  logPoints(points: Iterable<MetricPoint>): Promise<void> {
    return this.#rooms.metrics.logPoints(this.id, points);
  }

  /** Returns its points. See {@linkcode Metrics.points}. */
  points(key?: string): Promise<Metric[]> {
    return this.#rooms.metrics.points(this.id, key);
  }

  /** Returns one metric in columns. See {@linkcode Metrics.curve}. */
  curve(key: string, options?: CurveOptions): Promise<Curve> {
    return this.#rooms.metrics.curve(this.id, key, options);
  }

  /** Returns a summary of each of its metrics. See {@linkcode Metrics.summary}. */
  summary(): Promise<MetricSummary[]> {
    return this.#rooms.metrics.summary(this.id);
  }

  /** Sets tags; `null` removes one. See {@linkcode Runs.setTags}. */
  setTags<T extends object>(tags: T & TagChanges<T>): Promise<void> {
    return this.#rooms.runs.setTags(this.id, tags as Readonly<Record<string, string | null>>);
  }

  /** Returns its tags as they are now. */
  async tags(): Promise<Readonly<Record<string, string>>> {
    return (await this.record()).tags;
  }

  /** Sets the note, in Markdown. See {@linkcode Runs.setNote}. */
  setNote(note: string): Promise<void> {
    return this.#rooms.runs.setNote(this.id, note);
  }

  /** Records a dataset that the run uses. See {@linkcode Runs.logDataset}. */
  logDataset(dataset: DatasetOptions): Promise<Dataset> {
    return this.#rooms.runs.logDataset(this.id, dataset);
  }

  /** Returns its datasets. See {@linkcode Runs.datasets}. */
  datasets(): Promise<Dataset[]> {
    return this.#rooms.runs.datasets(this.id);
  }

  /** Registers one of its artifacts as a version of a model. See {@linkcode Models.register}. */
  registerModel(model: string, options: RegisterModelOptions): Promise<ModelVersion> {
    return this.#rooms.models.register(model, { ...options, runId: this.id });
  }

  /** Renames the run, or moves it to another experiment. See {@linkcode Runs.update}. */
  update(change: RunUpdate): Promise<Run> {
    return this.#rooms.runs.update(this.id, change);
  }

  /** Lists the runs that are part of it, newest first. */
  children(): Promise<Run[]> {
    return this.#rooms.runs.list({ parentId: this.id });
  }

  /** Reopens the run after it has ended. See {@linkcode Runs.resume}. */
  resume(): Promise<Run> {
    return this.#rooms.runs.resume(this.id);
  }

  /** Hides the run until it is unarchived. See {@linkcode Runs.archive}. */
  archive(): Promise<Run> {
    return this.#rooms.runs.archive(this.id);
  }

  /** Brings the run back after it was archived. See {@linkcode Runs.unarchive}. */
  unarchive(): Promise<Run> {
    return this.#rooms.runs.unarchive(this.id);
  }

  /** Ends the run. See {@linkcode Runs.end}. */
  end(options?: EndOptions): Promise<Run> {
    return this.#rooms.runs.end(this.id, options);
  }

  /**
   * For `await using`: a run that has not been ended by then is ended as failed, as an error is the
   * likeliest reason for that. End it as the last thing in its block; {@linkcode Store.withRun} does
   * so by itself.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const { status } = await this.record();
    if (status === "running") await this.end({ error: "left before it was ended" });
  }

  /** The run as it was when the handle was made, for a console. */
  [Symbol.for("Deno.customInspect")](
    inspect: typeof Deno.inspect,
    options: Deno.InspectOptions,
  ): string {
    return `RunHandle ${inspect(this.info, options)}`;
  }

  /** Its params, metrics and artifacts as they are now, for a notebook. */
  async [DISPLAY](): Promise<MediaBundle> {
    return await (await renderer()).show("handle", this);
  }
}
