import type { Artifact } from "../artifacts/artifact.ts";
import type { PutFileOptions, PutOptions } from "../artifacts/artifact_store.ts";
import type { PutDirectoryOptions } from "../artifacts/put_directory.ts";
import type { PutSource } from "../artifacts/put_source.ts";
import type { ModelVersion, RegisterModelOptions } from "../models/model.ts";
import type { CapturedDisplay, CaptureOptions } from "../jupyter/capture.ts";
import { DISPLAY, type MediaBundle } from "../display/displayable.ts";
import type { Store } from "../store/store.ts";
import type { Dataset, DatasetOptions } from "./dataset.ts";
import type { MetricOptions, MetricPoint } from "../metrics/metric.ts";
import type { EndOptions, Params, Run } from "./run.ts";

/** A run that has been started: the store's calls, with the run filled in. */
export class ActiveRun {
  /** Id of the run. */
  readonly id: string;
  /** The run as it started. */
  readonly info: Run;
  readonly #store: Store;

  /** @ignore Made by {@linkcode Store.startRun}. */
  constructor(store: Store, info: Run) {
    this.#store = store;
    this.id = info.id;
    this.info = info;
  }

  /** Stores bytes, text or JSON. See {@linkcode Store.put}. */
  put(name: string, source: PutSource, options?: PutOptions): Promise<Artifact> {
    return this.#store.put(this.id, name, source, options);
  }

  /** Stores a file. See {@linkcode Store.putFile}. */
  putFile(name: string, path: string | URL, options?: PutFileOptions): Promise<Artifact> {
    return this.#store.putFile(this.id, name, path, options);
  }

  /** Stores every file of a directory. See {@linkcode Store.putDirectory}. */
  putDirectory(path: string | URL, options?: PutDirectoryOptions): Promise<Artifact[]> {
    return this.#store.putDirectory(this.id, path, options);
  }

  /**
   * Stores what a notebook shows of a value, in files that other programs open: a canvas or the bytes
   * of a picture, an SVG or HTML element, a Vega or Vega-Lite plot (its spec, and rendered, where the
   * npm packages `vega` and `vega-lite` can be loaded), a polars dataframe (as CSV, or as Parquet if
   * the name says so), and whatever else tells Jupyter how it looks.
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
   * @param name Name of the artifact; what it lacks of an extension is added.
   * @param value What the notebook shows.
   * @param options What to do with artifacts of the same names, and a signal.
   * @returns The artifacts, and the forms that could not be made.
   * @throws {InvalidSourceError} If a notebook shows nothing of the value but text.
   */
  async logDisplay(
    name: string,
    value: unknown,
    options: CaptureOptions = {},
  ): Promise<CapturedDisplay> {
    const { capture } = await import("../jupyter/capture.ts");
    return await capture(this, name, value, options);
  }

  /** Sets params. See {@linkcode Store.logParams}. */
  logParams(params: Params): Promise<void> {
    return this.#store.logParams(this.id, params);
  }

  /**
   * Takes one value for each of some metrics, and goes on at once: values are stored together, once a
   * second and when the run ends or the store is closed or asked for metrics. {@linkcode flush} waits
   * for that. If storing fails, the next of these calls says so.
   *
   * @param metrics Values by the metric's name. `NaN` and the infinities are kept as they are.
   * @param options The step of the training that they belong to, 0 if left out, and the time.
   * @throws {InvalidOptionError} If a value is no number; none is taken then.
   */
  log(metrics: Readonly<Record<string, number>>, options: MetricOptions = {}): void {
    this.#store.buffer(this.id, metrics, options);
  }

  /** Resolves once all that has been logged is stored. See {@linkcode Store.flush}. */
  flush(): Promise<void> {
    return this.#store.flush();
  }

  /** Adds one value to each of some metrics. See {@linkcode Store.logMetrics}. */
  logMetrics(
    metrics: Readonly<Record<string, number>>,
    options?: MetricOptions,
  ): Promise<void> {
    return this.#store.logMetrics(this.id, metrics, options);
  }

  /** Adds many points to its metrics. See {@linkcode Store.logPoints}. */
  logPoints(points: Iterable<MetricPoint>): Promise<void> {
    return this.#store.logPoints(this.id, points);
  }

  /** Sets labels, or removes those that are `null`. See {@linkcode Store.setTags}. */
  setTags(tags: Readonly<Record<string, string | null>>): Promise<void> {
    return this.#store.setTags(this.id, tags);
  }

  /** Sets the note, in Markdown. See {@linkcode Store.setNote}. */
  setNote(note: string): Promise<void> {
    return this.#store.setNote(this.id, note);
  }

  /** Notes a dataset that the run uses. See {@linkcode Store.logDataset}. */
  logDataset(dataset: DatasetOptions): Promise<Dataset> {
    return this.#store.logDataset(this.id, dataset);
  }

  /** Registers one of its artifacts as a version of a model. See {@linkcode Models.register}. */
  registerModel(model: string, options: RegisterModelOptions): Promise<ModelVersion> {
    return this.#store.models.register(model, { ...options, runId: this.id });
  }

  /** Ends the run. See {@linkcode Store.endRun}. */
  end(options?: EndOptions): Promise<Run> {
    return this.#store.endRun(this.id, options);
  }

  /**
   * For `await using`: a run that has not been ended by then has failed, as an error is the likeliest
   * reason for that. End it as the last thing in its block; {@linkcode Store.withRun} does so by itself.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const { status } = await this.#store.getRun(this.id);
    if (status === "running") await this.end({ error: "left before it was ended" });
  }

  /** The run as it started, for a console. */
  [Symbol.for("Deno.customInspect")](
    inspect: typeof Deno.inspect,
    options: Deno.InspectOptions,
  ): string {
    return `ActiveRun ${inspect(this.info, options)}`;
  }

  /** Its params, metrics and artifacts as they stand, for a notebook. */
  async [DISPLAY](): Promise<MediaBundle> {
    return await (await import("../jupyter/active_run.ts")).showActiveRun(this.#store, this.info);
  }
}
