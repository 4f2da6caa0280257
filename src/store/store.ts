import type { AsyncLocalStorage } from "node:async_hooks";
import type { ExportOptions } from "../archive/export.ts";
import type { ImportOptions, ImportReport } from "../archive/import.ts";
import { Artifacts } from "../artifacts/artifacts.ts";
import { builtin } from "../base/builtin.ts";
import { abandonSource } from "../artifacts/put_source.ts";
import type { BackupOptions, BackupReport } from "../backup/options.ts";
import type { StoreContext } from "../context/compose.ts";
import {
  DISPLAY,
  displayable,
  type MediaBundle,
  renderer,
  shownAs,
} from "../display/displayable.ts";
import type { DedupOptions, DedupReport } from "../maintenance/dedup.ts";
import type { GcOptions, GcReport } from "../maintenance/gc.ts";
import type { StoreInfo } from "../maintenance/info.ts";
import { Verification, type VerifyOptions } from "../maintenance/verify.ts";
import type { Curve } from "../metadata/metric.ts";
import type { EndOptions, Run, StartOptions } from "../metadata/run.ts";
import { Metrics } from "../metrics/metrics.ts";
import { Models } from "../models/models.ts";
import { assertStartOptions } from "../runs/assert_run.ts";
import { Experiments } from "../runs/experiments.ts";
import type { Plot, PlotOptions } from "../runs/plot.ts";
import { type RunAccess, RunHandle } from "../runs/run_handle.ts";
import { Runs } from "../runs/runs.ts";
import { Lifecycle } from "./lifecycle.ts";

// What a program may never call is loaded when it is called.

/**
 * A store of machine-learning runs and the artifacts they produce. Opened by
 * {@linkcode openStore}.
 *
 * Every method but `close` throws {@linkcode StoreClosedError} once the store is closed,
 * {@linkcode ReadOnlyError} if it writes and the store is read-only, {@linkcode StoreBusyError} if
 * other writers keep it waiting, and {@linkcode StorageError} if the disk or the database refuses.
 */
export class Store implements AsyncDisposable {
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

  /** @ignore Made by {@linkcode openStore}. */
  constructor(context: StoreContext) {
    this.#context = context;
    const lifecycle = this.#lifecycle = new Lifecycle(context);
    this.runs = new Runs(lifecycle, (run) => new RunHandle(this.#handles, run)[DISPLAY]());
    this.metrics = new Metrics(lifecycle, lifecycle.buffer);
    this.artifacts = new Artifacts(lifecycle);
    this.models = new Models(lifecycle);
    this.experiments = new Experiments(lifecycle);
    this.#handles = {
      rooms: this,
      buffer: (runId, values, options) => {
        lifecycle.requireWritable();
        lifecycle.buffer.add(runId, values, options);
      },
    };
  }

  /** Absolute path of the database; `undefined` if it is in memory. */
  get path(): string | undefined {
    return this.#context.path;
  }

  /** Absolute path of the directory with the artifacts' bytes. */
  get artifactDir(): string {
    return this.#context.artifactDir;
  }

  /** The SQLite binding in use. */
  get driver(): "ffi" | "builtin" {
    return this.#context.driver.name;
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
  startRun(options: StartOptions = {}): Promise<RunHandle> {
    return this.#lifecycle.write(async ({ runs }) => {
      assertStartOptions(options);
      const { parentId = this.currentRun?.id ?? null, environment = true } = options;
      const { captureEnvironment } = await import("../runs/environment.ts");
      const where = environment ? await captureEnvironment() : null;
      return new RunHandle(this.#handles, await runs.start({ ...options, parentId }, where));
    });
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

  /** The run whose {@linkcode withRun} the caller is in, if it is in one. */
  get currentRun(): RunHandle | undefined {
    return this.#current?.getStore();
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
  async withRun<T>(options: StartOptions, work: (run: RunHandle) => T | Promise<T>): Promise<T> {
    const run = await this.startRun(options);
    let result: T;
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
    if (status === "running") await this.runs.end(id, options);
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
   * Checks every artifact: that its file is there, inside the directory, of the right size and, unless
   * `quick`, of the right hash, on all cores; and looks for files that no record names. It only reads,
   * and goes on whatever it finds.
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
    const { index, bytes, readOnly } = this.#lifecycle.require();
    const { signal: asked } = options;
    const signal = AbortSignal.any([this.#lifecycle.signal, ...asked ? [asked] : []]);
    return new Verification(index, bytes, { ...options, signal }, readOnly);
  }

  /**
   * Removes what no record names: orphans, abandoned staged bytes, empty directories. What changed
   * within the grace period stays. Puts may go on meanwhile.
   *
   * @param options The grace period, and whether to only show what would be removed.
   * @returns What was removed, and what could not be.
   */
  gc(options: GcOptions = {}): Promise<GcReport> {
    return this.#lifecycle.write(async (context) => {
      const { collect } = await import("../maintenance/gc.ts");
      return await collect(context, options);
    }).then(shownAs("gc"));
  }

  /**
   * Copies the store to a directory, database and artifacts together, while writers go on. A backup is
   * a store, too: `chachaml.db`, with `chachaml-artifacts/` beside it. Backing up to the same
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
   * @param to The directory; it is created if it is missing.
   * @param options Whether to share files, and whether to verify afterwards.
   * @returns What was copied, and what was left out and why.
   * @throws {InvalidOptionError} If a store that is no backup of this one is there.
   * @throws {StorageError} If the system refuses, or another backup to the directory is under way.
   */
  backup(to: string | URL, options: BackupOptions = {}): Promise<BackupReport> {
    return this.#lifecycle.read(async (context) => {
      const { backup } = await import("../backup/backup.ts");
      return await backup(context, to, options);
    }).then(shownAs("backup"));
  }

  /**
   * Makes artifacts with the same bytes share one file, by hard links; names and paths stay as they
   * are. Where links are not possible, artifacts keep files of their own, which the report lists.
   *
   * @param options Whether to only show what would be shared.
   * @returns What is shared now, and what could not be.
   */
  dedup(options: DedupOptions = {}): Promise<DedupReport> {
    return this.#lifecycle.write(async ({ index, bytes }) => {
      const { dedup } = await import("../maintenance/dedup.ts");
      return await dedup(index, bytes, options);
    }).then(shownAs("dedup"));
  }

  /**
   * Counts what is there: runs, artifacts, their bytes as records say and as files take.
   *
   * @returns The counts.
   */
  info(): Promise<StoreInfo> {
    return this.#lifecycle.use(async (context) => {
      const { describe } = await import("../maintenance/info.ts");
      return await describe(context);
    }).then(shownAs("info"));
  }

  /**
   * Exports runs as a tar archive: a JSON manifest of everything recorded for them, then the files of
   * their artifacts, as `<run-id>/<name>`. Any `tar` unpacks it; {@linkcode Store.import} reads it.
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
   * assert.equal(await (await there.artifacts.get(run.id, "notes.md")).text(), "# Notes");
   * ```
   *
   * @param runIds Ids of the runs.
   * @param options A signal, and progress.
   * @returns The archive. It fails with {@linkcode RunNotFoundError} if a run is not in the store, and
   * with {@linkcode IntegrityError} in place of the last bytes of a damaged artifact.
   */
  export(
    runIds: readonly string[],
    options: ExportOptions = {},
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    const context = this.#lifecycle.require();
    const { buffer } = this.#lifecycle;
    return ReadableStream.from((async function* () {
      await buffer.flush();
      const { exportRuns } = await import("../archive/export.ts");
      yield* exportRuns(context, runIds, options);
    })());
  }

  /**
   * Imports the runs of an archive that {@linkcode Store.export} has made, all or none: nothing is
   * visible until everything has been verified. A run that is already there, and the same, is left
   * as it is, so that an import can be repeated.
   *
   * @param archive The archive's bytes.
   * @param options Whether to give new ids.
   * @returns What was imported.
   * @throws {ArchiveError} If the archive is damaged, incomplete, or has anything but plain files.
   * @throws {RunStateError} If the store has another run with the same id.
   */
  async import(
    archive: ReadableStream<Uint8Array>,
    options: ImportOptions = {},
  ): Promise<ImportReport> {
    try {
      const report = await this.#lifecycle.write(async (context) => {
        const { importRuns } = await import("../archive/import.ts");
        return await importRuns(context, archive, options);
      });
      return shownAs("import")(report);
    } catch (error) {
      await abandonSource(archive, error);
      throw error;
    }
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
    const { path, artifactDir, driver, readOnly } = this.#context;
    const fields = {
      path,
      artifactDir,
      driver: driver.name,
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
