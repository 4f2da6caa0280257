import type { AsyncLocalStorage } from "node:async_hooks";
import { Artifacts } from "../artifacts/artifacts.ts";
import { builtin } from "../base/builtin.ts";
import type { StoreContext } from "../context/compose.ts";
import type { StoreLocation } from "../context/location.ts";
import { DISPLAY, displayable, type MediaBundle, renderer } from "../display/displayable.ts";
import type { Curve } from "../metadata/metric.ts";
import type { EndOptions, Run, StartOptions } from "../metadata/run.ts";
import type { RunStore } from "../metadata/run_store.ts";
import { Metrics } from "../metrics/metrics.ts";
import { Models } from "../models/models.ts";
import { assertStartOptions } from "../runs/assert_run.ts";
import { Experiments } from "../runs/experiments.ts";
import type { Plot, PlotOptions } from "../runs/plot.ts";
import type { RunAccess } from "../runs/run_access.ts";
import { RunHandle } from "../runs/run_handle.ts";
import { Runs } from "../runs/runs.ts";
import { thisProcess } from "../processes/this_process.ts";
import { noteLifecycle } from "./internals.ts";
import { Lifecycle } from "./lifecycle.ts";
import { StoreCare } from "./store_care.ts";

/**
 * A store of machine-learning runs and the artifacts they produce. Opened by
 * {@linkcode openStore}.
 *
 * Every method but `close` throws {@linkcode StoreClosedError} once the store is closed,
 * {@linkcode ReadOnlyError} if it writes and the store is read-only, {@linkcode StoreBusyError} if
 * other writers keep it waiting, and {@linkcode StorageError} if the disk or the database refuses.
 */
export class Store extends StoreCare implements AsyncDisposable {
  /** Runs: list, get, compare, end, remove. */
  readonly runs: Runs;
  /** Metrics: log, points, curves, summaries. */
  readonly metrics: Metrics;
  /** Artifacts: put, get, list, find, remove. */
  readonly artifacts: Artifacts;
  /** Models: versions and stages. */
  readonly models: Models;
  /** Experiments: list and describe. */
  readonly experiments: Experiments;
  readonly #context: StoreContext;
  readonly #lifecycle: Lifecycle;
  readonly #handles: RunAccess;
  #current: AsyncLocalStorage<RunHandle> | undefined;
  /** The run that a program around this one has started for it. */
  readonly #around: RunHandle | undefined;

  /** @ignore Made by {@linkcode openStore}. */
  constructor(context: StoreContext, handleSignals = true, current?: Run) {
    const lifecycle = new Lifecycle(context, handleSignals);
    super(lifecycle);
    this.#context = context;
    this.#lifecycle = lifecycle;
    noteLifecycle(this, lifecycle);
    const card = (run: Run) => new RunHandle(this.#handles, run)[DISPLAY]();
    this.runs = new Runs(lifecycle, card, lifecycle.attached);
    this.metrics = new Metrics(lifecycle, lifecycle.buffer);
    this.artifacts = new Artifacts(lifecycle);
    this.models = new Models(lifecycle);
    this.experiments = new Experiments(lifecycle);
    this.#handles = {
      rooms: this,
      buffer: (runId, values, options) => {
        lifecycle.requireWritable();
        lifecycle.watchProcess();
        lifecycle.buffer.add(runId, values, options);
      },
    };
    if (current) this.#around = new RunHandle(this.#handles, current);
  }

  /** Where the store is, for people: paths, or URLs without passwords. */
  get location(): StoreLocation {
    return this.#context.location;
  }

  /** Absolute path of the database file; `undefined` if it is in memory or on a server. */
  get path(): string | undefined {
    return this.#context.path;
  }

  /** Absolute path of the directory with the artifacts' bytes; `undefined` if they are in a bucket. */
  get artifactDir(): string | undefined {
    return this.#context.artifactDir;
  }

  /** The SQLite binding in use; `undefined` if the database is on a server. */
  get driver(): "ffi" | "builtin" | undefined {
    return this.#context.driver?.name;
  }

  /**
   * Starts a run.
   *
   * @param options Its experiment, name, tags, parent.
   * @returns A handle of the run.
   * @throws {InvalidNameError} If the id breaks a rule for names.
   * @throws {RunStateError} If the id is taken.
   * @throws {RunNotFoundError} If the parent is not in the store.
   */
  startRun<T extends object = Readonly<Record<string, string | undefined>>>(
    options: StartOptions<T> = {},
  ): Promise<RunHandle> {
    const handle = this.#lifecycle.write(async ({ metadata: { runs } }) => {
      assertStartOptions(options);
      const { parentId = this.currentRun?.id ?? null, environment = true } = options;
      const { captureEnvironment, describeProgram } = await import("../runs/environment.ts");
      const program = environment === true ? describeProgram() : {};
      const noted = typeof environment === "object" ? environment : program;
      const { attached = true } = options;
      const where = environment ? { ...await captureEnvironment(), ...noted } : null;
      const process = attached ? thisProcess() : null;
      const { experiment = await experimentOf(runs, parentId) } = options;
      const createdBy = options.createdBy ?? program.user;
      const start = {
        ...options,
        experiment,
        parentId,
        ...(createdBy !== undefined && { createdBy }),
      };
      const run = await runs.start(start, where, process);
      if (attached) {
        this.#lifecycle.attached.add(run.id);
        this.#lifecycle.watchProcess();
      }
      return new RunHandle(this.#handles, run);
    });
    return handle.then((run) => this.#watch(run, options));
  }

  /** Notes what a run asks for beside itself. */
  async #watch(
    run: RunHandle,
    { diff = false, systemMetrics = false }: Pick<StartOptions, "diff" | "systemMetrics">,
  ): Promise<RunHandle> {
    if (systemMetrics) {
      const { logSystemMetrics } = await import("../runs/system_metrics.ts");
      const options = systemMetrics === true ? {} : systemMetrics;
      const log = (values: Record<string, number>, step: number) => run.log(values, { step });
      logSystemMetrics(log, options, this.#lifecycle.attached.untilEnd(run.id));
    }
    if (diff) {
      const { readChanges } = await import("../runs/git.ts");
      const changes = await readChanges();
      if (changes !== undefined) await run.put("git.diff", changes, { contentType: "text/x-diff" });
    }
    return run;
  }

  /**
   * Returns a handle of a run that is in the store, to log to it or to read it.
   *
   * @param id The run.
   * @returns The handle.
   * @throws {RunNotFoundError} If it is not in the store.
   */
  async run(id: string): Promise<RunHandle> {
    return new RunHandle(this.#handles, await this.runs.get(id));
  }

  /**
   * The run whose {@linkcode withRun} the caller is in, else the one that the environment variable
   * `CHACHAML_RUN` names, if it is in the store.
   */
  get currentRun(): RunHandle | undefined {
    return this.#current?.getStore() ?? this.#around;
  }

  /**
   * Starts a run, does the work, and ends the run: as completed, or, if the work throws, as failed
   * with its error, which is rethrown. A run that the work has ended itself is left as it is. Runs
   * that the work starts are children of this one.
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
   *
   * @param options As for {@linkcode startRun}.
   * @param work What to do; its result is passed on.
   * @returns What `work` returned.
   */
  async withRun<R, T extends object = Readonly<Record<string, string | undefined>>>(
    options: StartOptions<T>,
    work: (run: RunHandle) => R | Promise<R>,
  ): Promise<R> {
    const run = await this.startRun(options);
    let result: R;
    try {
      this.#current ??= new (builtin("node:async_hooks").AsyncLocalStorage)<RunHandle>();
      result = await this.#current.run(run, () => work(run));
    } catch (error) {
      // If the run cannot be ended either, the error of the work matters more.
      await this.#endIfRunning(run.id, { error }).catch(() => {});
      throw error;
    }
    await this.#endIfRunning(run.id, {});
    return result;
  }

  async #endIfRunning(id: string, options: EndOptions): Promise<void> {
    const { status } = await this.runs.get(id);
    const isOpen = status === "running" || this.#lifecycle.attached.isInterrupted(id);
    if (isOpen) await this.runs.end(id, options);
  }

  /**
   * Collects the curves of one metric of several runs, to lay over each other. A notebook draws them
   * with axes and a legend.
   *
   * @example
   * ```ts
   * import { openStore } from "@chachaml/store";
   * import assert from "node:assert/strict";
   *
   * await using store = await openStore({ inMemory: true });
   * const run = await store.startRun();
   * for (let step = 0; step < 9; step++) run.log({ loss: 1 / (step + 1) }, { step });
   * const plot = await store.plot(await store.runs.list(), "loss");
   * assert.equal(plot.lines[0]?.curve.logged, 9);
   * ```
   *
   * @param runs Runs, or their ids.
   * @param key The metric.
   * @param options Number of points, and whether the vertical axis is logarithmic.
   * @returns The runs that have the metric, with their curves.
   * @throws {RunNotFoundError} If a run is not in the store.
   */
  async plot(
    runs: readonly (string | { readonly id: string })[],
    key: string,
    options: PlotOptions = {},
  ): Promise<Plot> {
    this.#lifecycle.require();
    const { points = 400, log = false } = options;
    const lines: { run: Run; curve: Curve }[] = [];
    for (const item of runs) {
      const run = await this.runs.get(typeof item === "string" ? item : item.id);
      const curve = await this.metrics.curve(run.id, key, { points });
      if (curve.logged > 0) lines.push({ run, curve });
    }
    return displayable({ key, log, lines }, "plot");
  }

  /**
   * Closes the store once the calls under way are done; verifications end at once. Closing again does
   * nothing. A store in memory is gone then, with the temporary directory that was made for it.
   */
  close(): Promise<void> {
    return this.#lifecycle.close();
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
    const { location, driver, readOnly } = this.#context;
    const fields = {
      ...location,
      driver: driver?.name,
      readOnly,
      closed: this.#lifecycle.isClosed,
    };
    return `Store ${inspect(fields, options)}`;
  }

  /** What it holds, and its newest runs, for a notebook. */
  async [DISPLAY](): Promise<MediaBundle> {
    return await (await renderer()).show("store", this);
  }
}

/** A run that is part of another belongs to its experiment, if none is given. */
async function experimentOf(runs: RunStore, parentId: string | null): Promise<string> {
  return parentId === null ? "default" : (await runs.get(parentId)).experiment;
}
