import type { ExportOptions } from "../archive/export.ts";
import type { ImportOptions, ImportReport } from "../archive/import.ts";
import { abandonSource } from "../artifacts/put_source.ts";
import type { BackupOptions, BackupReport } from "../backup/options.ts";
import { shownAs } from "../display/displayable.ts";
import type { DedupOptions, DedupReport } from "../maintenance/dedup.ts";
import type { GcOptions, GcReport } from "../maintenance/gc.ts";
import type { InfoOptions, StoreInfo } from "../maintenance/info.ts";
import { Verification } from "../maintenance/verify.ts";
import type { VerifyOptions } from "../maintenance/verify_options.ts";
import type { Lifecycle } from "./lifecycle.ts";

// What a program may never call is loaded when it is called.

/** What keeps a store healthy, and carries its content elsewhere. A {@linkcode Store} has it all. */
export abstract class StoreCare {
  readonly #lifecycle: Lifecycle;

  /** @ignore Made by the store. */
  constructor(lifecycle: Lifecycle) {
    this.#lifecycle = lifecycle;
  }

  /**
   * Checks every artifact: that its file is there, inside the directory, of the right size and, unless
   * `quick`, of the right hash, on all cores; checks the database; and looks for files that no record
   * names. It only reads, and goes on whatever it finds. {@linkcode Verification.position} lets a later
   * one continue after it was stopped.
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
   * @param options One run only, without hashing, a sample, progress.
   * @returns The findings as they come, and a summary.
   * @throws {StoreClosedError} If the store is closed, also while it goes on.
   * @throws {RunNotFoundError} From the findings or the summary, if the run is not in the store.
   */
  verify(options: VerifyOptions = {}): Verification {
    const context = this.#lifecycle.require();
    const { signal: asked } = options;
    const signal = AbortSignal.any([this.#lifecycle.signal, ...asked ? [asked] : []]);
    return new Verification(context, { ...options, signal });
  }

  /**
   * Removes what no record names: orphans, abandoned staged bytes, empty directories. What changed
   * within the grace period stays. Puts may go on meanwhile.
   *
   * @param options The grace period, and whether to only show what would be removed.
   * @returns What was removed, and what could not be.
   */
  gc(options: GcOptions = {}): Promise<GcReport> {
    return this.#lifecycle.maintain(options, async (context) => {
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
    return this.#lifecycle.maintain(options, async (context) => {
      const { dedup } = await import("../maintenance/dedup.ts");
      return await dedup(context, options);
    }).then(shownAs("dedup"));
  }

  /**
   * Counts what is there: runs, artifacts, their bytes as records say and, if asked for, as files take.
   *
   * @param options Whether to measure the files.
   * @returns The counts.
   */
  info(options: InfoOptions = {}): Promise<StoreInfo> {
    return this.#lifecycle.use(async (context) => {
      const { describe } = await import("../maintenance/info.ts");
      return await describe(context, options);
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
}
