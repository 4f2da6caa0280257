import type { AsyncLocalStorage } from "node:async_hooks";
import { Artifacts } from "../artifacts/artifacts.ts";
import { builtin } from "../base/builtin.ts";
import type { StoreContext } from "../context/compose.ts";
import type { StoreLocation } from "../context/location.ts";
import { DISPLAY, displayable, type MediaBundle, renderer } from "../display/displayable.ts";
import { parsePosition } from "../metadata/change_log.ts";
import type { EndOptions, Run, StartOptions } from "../metadata/run.ts";
import { Metrics } from "../metrics/metrics.ts";
import { Models } from "../models/models.ts";
import { assertStartOptions } from "../runs/assert_run.ts";
import { Experiments } from "../runs/experiments.ts";
import type { Plot, PlotOptions } from "../runs/plot.ts";
import type { RunAccess } from "../runs/run_access.ts";
import { RunHandle } from "../runs/run_handle.ts";
import { Runs } from "../runs/runs.ts";
import type { StoreEvent, Watcher, WatchOptions } from "../runs/watch.ts";
import { noteLifecycle } from "./internals.ts";
import { Lifecycle } from "./lifecycle.ts";
import { StoreCare } from "./store_care.ts";

/**
 * A store of machine-learning runs and their artifacts. Opened by {@linkcode openStore}, whose
 * permissions are enough for all methods that do not name others.
 *
 * Every method except `close` throws {@linkcode StoreClosedError} once the store is closed,
 * {@linkcode ReadOnlyError} if it writes and the store is read-only, {@linkcode StoreBusyError} if
 * it waits too long for other writers, and {@linkcode StorageError} if the disk or the database
 * fails.
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
  #watcher: Promise<Pick<Watcher, "watch">> | undefined;
  /** Run that a surrounding program started for this one. */
  readonly #around: RunHandle | undefined;

  /** @ignore Created by {@linkcode openStore}. */
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

  /** Location for people: paths, or URLs without passwords. */
  get location(): StoreLocation {
    return this.#context.location;
  }

  /** Absolute path of the database file; `undefined` if it is in memory or on a server. */
  get path(): string | undefined {
    return this.#context.path;
  }

  /** Absolute path of the artifact directory; `undefined` if artifacts are in a bucket. */
  get artifactDir(): string | undefined {
    return this.#context.artifactDir;
  }

  /** SQLite driver in use; `undefined` if the database is on a server. */
  get driver(): "ffi" | "builtin" | undefined {
    return this.#context.driver?.name;
  }

  /**
   * Starts a run. Git, user and host are recorded as far as `--allow-run`, `--allow-env` and
   * `--allow-sys` are granted.
   *
   * @param options Experiment, name, tags, parent and more.
   * @returns A handle of the run.
   * @throws {InvalidOptionError} If an option is invalid.
   * @throws {InvalidNameError} If the id breaks a rule, or a name or tag has a bidirectional control.
   * @throws {RunStateError} If the id is taken.
   * @throws {RunNotFoundError} If the parent does not exist.
   */
  async startRun<T extends object = Readonly<Record<string, string | undefined>>>(
    options: StartOptions<T> = {},
  ): Promise<RunHandle> {
    const { attached } = this.#lifecycle;
    const run = await this.#lifecycle.write(async ({ metadata: { runs } }) => {
      assertStartOptions(options);
      const { startRun } = await import("../runs/start_run.ts");
      const run = await startRun(runs, options, this.currentRun?.id ?? null);
      if (options.attached === false) return run;
      attached.add(run.id);
      this.#lifecycle.watchProcess();
      return run;
    });
    const { startRecordings } = await import("../runs/start_run.ts");
    const handle = new RunHandle(this.#handles, run);
    return await startRecordings(handle, options, () => attached.untilEnd(run.id));
  }

  /**
   * Returns a handle of an existing run, to log to it or read it.
   *
   * @param id Id of the run.
   * @returns A handle of the run.
   * @throws {RunNotFoundError} If the run does not exist.
   */
  async run(id: string): Promise<RunHandle> {
    return new RunHandle(this.#handles, await this.runs.get(id));
  }

  /**
   * The run of the enclosing {@linkcode withRun}, else the run that the environment variable
   * `CHACHAML_RUN` names, if it is in this store.
   */
  get currentRun(): RunHandle | undefined {
    return this.#current?.getStore() ?? this.#around;
  }

  /**
   * Starts a run, calls `work`, and ends the run: as completed, or as failed if `work` throws; the
   * error is rethrown. A run that `work` has ended keeps its status. Runs started within `work`
   * become children of this one.
   *
   * @param options Options of {@linkcode startRun}.
   * @param work Function to call with a handle of the run.
   * @returns The result of `work`.
   * @throws The error of `work`, and the errors of {@linkcode startRun}.
   *
   * @example Log to a run
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
      // If ending the run fails as well, the error of `work` matters more.
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
   * Collects the curves of one metric for several runs. Notebooks draw them with axes and a legend.
   *
   * @param runs Runs, or their ids.
   * @param key Name of the metric.
   * @param options Number of points, and whether the vertical axis is logarithmic.
   * @returns The runs that have the metric, with their curves.
   * @throws {RunNotFoundError} If a run does not exist.
   *
   * @example Plot one run
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
   */
  async plot(
    runs: readonly (string | { readonly id: string })[],
    key: string,
    options: PlotOptions = {},
  ): Promise<Plot> {
    this.#lifecycle.require();
    const { collectCurves } = await import("../runs/plot.ts");
    return displayable(await collectCurves(this, runs, key, options), "plot");
  }

  /**
   * Yields the changes of the store as they happen, within a second, including changes by other
   * programs: runs, metrics, artifacts, models. Several changes of one kind to one thing may be reported
   * once. Ends when the store is closed. A read-only store that this package has never opened for
   * writing reports only logged points.
   *
   * @param options Start position, run filter and abort signal.
   * @returns The events.
   * @throws {InvalidOptionError} If `after` is not the id of an event.
   *
   * @example Watch a run until it ends
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const run = await store.startRun();
   * for await (const event of store.watch({ runId: run.id, after: "0" })) {
   *   if (event.kind !== "run") continue;
   *   if (event.run.status !== "running") break;
   *   await run.end();
   * }
   * ```
   */
  watch(options: WatchOptions = {}): AsyncIterable<StoreEvent> {
    this.#lifecycle.require();
    const { signal } = this.#lifecycle;
    if (options.after !== undefined) parsePosition(options.after);
    const { remote } = this.#context;
    this.#watcher ??= remote
      ? import("../runs/remote_watcher.ts").then(({ RemoteWatcher }) =>
        new RemoteWatcher(this.#lifecycle, remote)
      )
      : import("../runs/watch.ts").then(({ Watcher }) => new Watcher(this.#lifecycle));
    const watcher = this.#watcher;
    const ending = options.signal ? AbortSignal.any([signal, options.signal]) : signal;
    return (async function* () {
      try {
        yield* (await watcher).watch({ ...options, signal: ending });
      } catch (error) {
        // A rejection because the store is closing is not a failure of watching.
        if (!ending.aborted) throw error;
      }
    })();
  }

  /**
   * Closes the store after running calls have finished; verifications are aborted. An in-memory
   * store is then gone, with its temporary directory. Closing again has no effect.
   */
  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  /** Closes the store, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Returns the location of the store, for consoles. */
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

  /** Returns the content of the store and its newest runs, for notebooks. */
  async [DISPLAY](): Promise<MediaBundle> {
    return await (await renderer()).show("store", this);
  }
}
