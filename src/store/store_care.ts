import type { CopyReport, CopyRunsOptions } from "../archive/copy.ts";
import type { ExportOptions } from "../archive/export.ts";
import type { ImportOptions, ImportReport } from "../archive/import.ts";
import { abandonSource } from "../artifacts/put_source.ts";
import type { BackupOptions, BackupReport } from "../backup/options.ts";
import { NotRemoteError } from "../base/server_errors.ts";
import type { StoreContext } from "../context/store_context.ts";
import { asDisplayable } from "../display/displayable.ts";
import type { DedupOptions, DedupReport } from "../maintenance/dedup.ts";
import type { GcOptions, GcReport } from "../maintenance/gc.ts";
import type { InfoOptions, StoreInfo } from "../maintenance/info.ts";
import { Verification } from "../maintenance/verify.ts";
import type { VerifyOptions } from "../maintenance/verify_options.ts";
import type { RunQuery } from "../metadata/run_query.ts";
import { eachRun } from "../runs/each_run.ts";
import { lifecycleOf } from "./internals.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** Options of {@linkcode StoreCare.copyTo}. */
export interface CopyOptions extends CopyRunsOptions {
  /** Which runs to copy; all, archived ones included, if omitted. */
  readonly runs?: RunQuery;
}

// Modules behind rarely used methods are loaded on demand.

/**
 * Methods of {@linkcode Store} for maintenance, backup and archives. They need only the permissions of
 * {@linkcode openStore}, unless they say otherwise.
 */
export abstract class StoreCare {
  readonly #lifecycle: Lifecycle;

  /** @ignore Created by the store. */
  constructor(lifecycle: Lifecycle) {
    this.#lifecycle = lifecycle;
  }

  /**
   * Verifies the store: every artifact has a file inside the directory, of the recorded size and,
   * unless `quick`, the recorded hash (computed on all cores); the database is intact; no file is
   * without a record. It only reads, and continues after findings. {@linkcode
   * Verification.position} lets a later verification resume.
   *
   * Requires `--allow-read` for the artifact directory.
   *
   * @param options A single run, quick mode, a sample, a start position, progress and abort signal.
   * @returns The verification: iterate for findings, or call `summary()`.
   * @throws {StoreClosedError} If the store is closed.
   *
   * @example Verify all artifacts
   * ```ts
   * import { openStore } from "@chachaml/store";
   * import assert from "node:assert/strict";
   *
   * await using store = await openStore({ inMemory: true });
   * const verification = store.verify();
   * for await (const { kind, message } of verification) console.error(kind, message);
   * assert.equal((await verification.summary()).damaged, 0);
   * ```
   */
  verify(options: VerifyOptions = {}): Verification {
    const context = this.#lifecycle.require();
    const { signal: asked } = options;
    const signal = AbortSignal.any([this.#lifecycle.signal, ...asked ? [asked] : []]);
    return new Verification(context, { ...options, signal });
  }

  /**
   * Removes everything without a record: orphans, abandoned staged bytes, and empty directories,
   * once they are older than the grace period. Safe while other programs put artifacts.
   *
   * @param options Grace period, dry run and abort signal.
   * @returns The removed entries, and those that could not be removed.
   * @throws {InvalidOptionError} If the grace period is invalid.
   */
  gc(options: GcOptions = {}): Promise<GcReport> {
    return this.#lifecycle.maintain(options, async (context) => {
      requireOwnFiles(context, "remove orphans of");
      const { collect } = await import("../maintenance/gc.ts");
      return await collect(context, options);
    }).then(asDisplayable("gc"));
  }

  /**
   * Copies the store to a directory while writers continue. A backup is a complete store:
   * `chachaml.db` and `chachaml-artifacts/`. Backing up to the same directory again copies only new
   * artifacts and drops removed ones; until that is complete, even if it is interrupted, the
   * previous backup stays intact. Every file is verified against its hash while it is copied.
   *
   * Requires `--allow-read` and `--allow-write` for the directory.
   *
   * @param to Path or `file:` URL of the directory; created if it is missing.
   * @param options Link mode, verification, progress and abort signal.
   * @returns Counts of copied artifacts, and the artifacts that were left out.
   * @throws {InvalidOptionError} If the directory holds a store that is not a backup of this one.
   * @throws {StorageError} If the file system fails, or another backup to the directory is running.
   *
   * @example Back up a store
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const dir = await Deno.makeTempDir();
   * const { artifacts, omitted } = await store.backup(dir);
   * console.log(artifacts, "artifacts,", omitted.length, "left out");
   * await Deno.remove(dir, { recursive: true });
   * ```
   */
  backup(to: string | URL, options: BackupOptions = {}): Promise<BackupReport> {
    return this.#lifecycle.read(async (context) => {
      requireOwnFiles(context, "back up");
      const { backup } = await import("../backup/backup.ts");
      return await backup(context, to, options);
    }).then(asDisplayable("backup"));
  }

  /**
   * Makes artifacts with equal bytes share one file by hard links. Names and paths stay. Where
   * links are not possible, artifacts keep their own files, which the report lists.
   *
   * @param options Dry run, progress and abort signal.
   * @returns The artifacts that share a file now, and those that could not.
   */
  dedup(options: DedupOptions = {}): Promise<DedupReport> {
    return this.#lifecycle.maintain(options, async (context) => {
      requireOwnFiles(context, "share bytes of artifacts in");
      const { dedup } = await import("../maintenance/dedup.ts");
      return await dedup(context, options);
    }).then(asDisplayable("dedup"));
  }

  /**
   * Counts the content of the store: runs, artifacts, their recorded size and, on request, the size
   * of the files.
   *
   * @param options Whether to measure the files.
   * @returns The counts.
   * @throws {InvalidOptionError} If an option is unknown.
   */
  info(options: InfoOptions = {}): Promise<StoreInfo> {
    return this.#lifecycle.use(async (context) => {
      const { describe } = await import("../maintenance/info.ts");
      return await describe(context, options);
    }).then(asDisplayable("info"));
  }

  /**
   * Exports runs as a tar archive: a JSON manifest with everything recorded for them, then the
   * files of their artifacts as `<run-id>/<name>`. Any `tar` can unpack it; {@linkcode
   * Store.import} imports it.
   *
   * @param runIds Ids of the runs.
   * @param options Progress and abort signal.
   * @returns The archive. The stream errors with {@linkcode RunNotFoundError} if a run does not
   * exist, and with {@linkcode IntegrityError} before the last bytes of a damaged artifact.
   * @throws {StoreClosedError} If the store is closed.
   *
   * @example Copy a run to another store
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
   * Copies runs with everything recorded for them, and their model versions, to another store, of any
   * kind. Each run is verified and appears whole. Copying again copies only what is new, so that an
   * interrupted copy continues, and runs that go on are brought up to date. What was removed here, or
   * replaced, is not removed there.
   *
   * @param to The other store.
   * @param options Which runs, progress and abort signal.
   * @returns Counts, and the runs that could not be copied.
   * @throws {ReadOnlyError} If the other store is read-only.
   * @throws {StorageError} If either store refuses.
   *
   * @example Copy an experiment
   * ```ts
   * import { openStore } from "@chachaml/store";
   * import assert from "node:assert/strict";
   *
   * await using here = await openStore({ inMemory: true });
   * await using there = await openStore({ inMemory: true });
   * await here.startRun({ experiment: "iris" });
   * const { copied } = await here.copyTo(there, { runs: { experiment: "iris" } });
   * assert.equal(copied, 1);
   * ```
   */
  copyTo(to: StoreCare, options: CopyOptions = {}): Promise<CopyReport> {
    const there = lifecycleOf(to);
    return this.#lifecycle.read((from) => {
      return there.write(async (target) => {
        const { copyRuns } = await import("../archive/copy.ts");
        const query: RunQuery = { archived: "include", ...options.runs };
        const access = this.#lifecycle;
        const ids = (async function* () {
          for await (const { id } of eachRun(access, query, (run) => run)) yield id;
        })();
        return await copyRuns(from, target, ids, options);
      });
    });
  }

  /**
   * Imports the runs of an archive created by {@linkcode Store.export}, all or none: nothing is
   * visible until everything has been verified. An identical run that already exists is skipped, so
   * an import can be repeated.
   *
   * @param archive Bytes of the archive.
   * @param options Whether to assign new ids, progress and abort signal.
   * @returns The imported runs.
   * @throws {InvalidOptionError} If the archive is not a stream.
   * @throws {ArchiveError} If the archive is damaged, incomplete, or has anything but regular
   * files.
   * @throws {RunStateError} If the store has a different run with the same id.
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
      return asDisplayable("import")(report);
    } catch (error) {
      await abandonSource(archive, error);
      throw error;
    }
  }
}

/** Rejects work that needs the files of a store which only its server has. */
function requireOwnFiles({ remote }: StoreContext, action: string): void {
  if (remote) throw new NotRemoteError(action);
}
