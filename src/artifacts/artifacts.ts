import type { Access } from "../base/access.ts";
import { InvalidOptionError } from "../base/errors.ts";
import { toPath } from "../base/path.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import type { GrowingEntry } from "../bytes/growing_bytes.ts";
import { asDisplayable } from "../display/displayable.ts";
import type { ArtifactQuery } from "../metadata/artifact_index.ts";
import type { Artifact } from "./artifact.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import type { PutFileOptions, PutOptions } from "./put_options.ts";
import { type ArtifactLog, listLogs, readLog, recoverLogs, startLog } from "./logs.ts";
import { putDirectory, type PutDirectoryOptions } from "./put_directory.ts";
import type { AcceptedSource } from "./accepted_source.ts";
import type { PutSource } from "./put_source.ts";

/** Options for removing a run or an artifact. */
export interface RemoveOptions {
  /**
   * Whether to remove it even if a model version uses it. The version is removed as well.
   *
   * @default {false}
   */
  readonly force?: boolean;
}

/** The parts of an open store that artifacts need. */
export interface ArtifactContext {
  /** Records and bytes, kept consistent with each other. */
  readonly artifacts: ArtifactStore;
  /** Bytes. */
  readonly bytes: ByteStore;
  /** Absolute path of the artifact directory; `undefined` if artifacts are not files. */
  readonly artifactDir: string | undefined;
}

/**
 * Artifacts of a store: named bytes that belong to runs. Available as {@linkcode Store.artifacts}.
 *
 * Methods need only the permissions of {@linkcode openStore}, unless they say otherwise. Every
 * method throws {@linkcode StoreClosedError} once the store is closed, {@linkcode ReadOnlyError} if
 * it writes and the store is read-only, {@linkcode StoreBusyError} if it waits too long for other
 * writers, and {@linkcode StorageError} if the disk or the database fails.
 */
export class Artifacts {
  readonly #access: Access<ArtifactContext>;

  /** @ignore Created by the store. */
  constructor(access: Access<ArtifactContext>) {
    this.#access = access;
  }

  /**
   * Stores an artifact: bytes, text, a JSON value, a stream, a response, or the file of a URL. When
   * the promise resolves, bytes and record are durable; if it rejects, nothing is stored. Do not
   * modify passed bytes before then.
   *
   * A `file:` URL requires `--allow-read` for the file.
   *
   * @param runId Id of the run.
   * @param name Name within the run; `/` separates directories.
   * @param source Content to store. A string is text, never a path.
   * @param options Content type, `ifExists`, progress and abort signal.
   * @returns The stored artifact.
   * @throws {InvalidNameError} If the name breaks a rule, or conflicts with another name of the
   * run.
   * @throws {InvalidOptionError} If an option is invalid.
   * @throws {ArtifactExistsError} If the run already has the artifact, unless `ifExists` allows it.
   * @throws {ArtifactInUseError} If it would be replaced, but a model version uses it.
   * @throws {InvalidSourceError} If the source cannot be stored.
   * @throws {SourceChangedError} If a file changes while it is read.
   * @throws {RunNotFoundError} If the run does not exist.
   *
   * @example Store text, JSON and bytes
   * ```ts
   * import { openStore } from "@chachaml/store";
   * import assert from "node:assert/strict";
   *
   * await using store = await openStore({ inMemory: true });
   * const { id } = await store.startRun();
   * await store.artifacts.put(id, "notes/report.md", "# Report");
   * await store.artifacts.put(id, "config.json", { layers: [64, 10] });
   * const weights = await store.artifacts.put(id, "weights", new Float32Array([0.5, 1]));
   * assert.equal(weights.size, 8);
   * ```
   */
  put<T>(
    runId: string,
    name: string,
    source: T & AcceptedSource<T>,
    options: PutOptions = {},
  ): Promise<Artifact> {
    return this.#access.write(({ artifacts }) =>
      artifacts.put(runId, name, source as PutSource, options)
    );
  }

  /**
   * Stores a file as an artifact.
   *
   * Requires `--allow-read` for the file, and `--allow-write` to move it.
   *
   * @param runId Id of the run.
   * @param name Name within the run.
   * @param path Path or `file:` URL of the file.
   * @param options Options of {@linkcode put}, and whether to move the file.
   * @returns The stored artifact.
   * @throws The errors of {@linkcode put}.
   */
  putFile(
    runId: string,
    name: string,
    path: string | URL,
    options: PutFileOptions = {},
  ): Promise<Artifact> {
    return this.#access.write(({ artifacts }) =>
      artifacts.putFile(runId, name, toPath(path), options)
    );
  }

  /**
   * Stores every file of a directory, named by its path within it. All names are checked first.
   * Files are stored in batches of at most 20,000 files and about 1 GiB, each all or none: after a
   * failure some batches may be stored, and the same call with `ifExists: "same"` stores the rest.
   * The store's own database and artifacts are skipped.
   *
   * Requires `--allow-read` for the directory.
   *
   * @param runId Id of the run.
   * @param path Path or `file:` URL of the directory.
   * @param options Name prefix, filters, symbolic links, progress and abort signal.
   * @returns The stored artifacts, sorted by name.
   * @throws The errors of {@linkcode put}.
   */
  putDirectory(
    runId: string,
    path: string | URL,
    options: PutDirectoryOptions = {},
  ): Promise<Artifact[]> {
    return this.#access.write((context) => putDirectory(context, runId, toPath(path), options))
      .then(asDisplayable("artifacts"));
  }

  /**
   * Returns an artifact by id.
   *
   * @param id Id of the artifact.
   * @returns The artifact.
   * @throws {ArtifactNotFoundError} If the artifact does not exist.
   * @throws {UnsafePathError} If its record, from a foreign database, leads outside the store.
   */
  get(id: string): Promise<Artifact>;
  /**
   * Returns an artifact by run and name.
   *
   * @param runId Id of the run.
   * @param name Name within the run.
   * @returns The artifact.
   * @throws {ArtifactNotFoundError} If the run has no such artifact.
   * @throws {UnsafePathError} If its record, from a foreign database, leads outside the store.
   */
  get(runId: string, name: string): Promise<Artifact>;
  get(idOrRunId: string, name?: string): Promise<Artifact> {
    return this.#access.use(({ artifacts }) => artifacts.get(idOrRunId, name));
  }

  /**
   * Checks whether an artifact exists, by id.
   *
   * @param id Id of the artifact.
   * @returns Whether it exists.
   */
  has(id: string): Promise<boolean>;
  /**
   * Checks whether an artifact exists, by run and name.
   *
   * @param runId Id of the run.
   * @param name Name within the run.
   * @returns Whether the run has it.
   */
  has(runId: string, name: string): Promise<boolean>;
  has(idOrRunId: string, name?: string): Promise<boolean> {
    return this.#access.use(({ artifacts }) => artifacts.has(idOrRunId, name));
  }

  /**
   * Lists the artifacts of a run.
   *
   * @param runId Id of the run.
   * @returns The artifacts, by creation time, then name.
   * @throws {RunNotFoundError} If the run does not exist.
   */
  list(runId: string): Promise<Artifact[]> {
    return this.#access.use(({ artifacts }) => artifacts.listOfRun(runId))
      .then(asDisplayable("artifacts"));
  }

  /**
   * Finds artifacts in all runs.
   *
   * @param query Filters and limit. Omitted filters match every artifact.
   * @returns The matching artifacts, by creation time, then name.
   * @throws {InvalidOptionError} If an option is unknown or invalid.
   *
   * @example Find all checkpoints
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * for (const { runId, name, size } of await store.artifacts.find({ name: "checkpoints/*" })) {
   *   console.log(runId, name, size);
   * }
   * ```
   */
  find(query: ArtifactQuery): Promise<Artifact[]> {
    return this.#access.use(({ artifacts }) => artifacts.list(query)).then(
      asDisplayable("artifacts"),
    );
  }

  /**
   * Yields the artifacts of all runs that match a query, by run and name. Artifacts found by hash or
   * exact name are ordered by creation time. Memory use is independent of their number.
   *
   * @param query Conditions; all artifacts by default.
   * @returns The artifacts.
   * @throws {InvalidOptionError} If an option is unknown or invalid.
   *
   * @example The size of all checkpoints of a large store
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * let bytes = 0;
   * for await (const { size } of store.artifacts.each({ name: "checkpoints/*" })) bytes += size;
   * console.log(bytes);
   * ```
   */
  async *each(query: ArtifactQuery = {}): AsyncIterable<Artifact> {
    yield* await this.#access.use(({ artifacts }) => Promise.resolve(artifacts.each(query)));
  }

  /**
   * Removes an artifact by id: first its record, then its bytes.
   *
   * @param id Id of the artifact.
   * @param options `force` also removes the model versions that use it.
   * @returns A promise that resolves once it is removed.
   * @throws {ArtifactNotFoundError} If the artifact does not exist.
   * @throws {ArtifactInUseError} If a model version uses it and `force` is not set.
   */
  remove(id: string, options?: RemoveOptions): Promise<void>;
  /**
   * Removes an artifact by run and name.
   *
   * @param runId Id of the run.
   * @param name Name within the run.
   * @param options `force` also removes the model versions that use it.
   * @returns A promise that resolves once it is removed.
   * @throws {ArtifactNotFoundError} If the run has no such artifact.
   * @throws {ArtifactInUseError} If a model version uses it and `force` is not set.
   */
  remove(runId: string, name: string, options?: RemoveOptions): Promise<void>;
  remove(
    idOrRunId: string,
    nameOrOptions?: string | RemoveOptions,
    options?: RemoveOptions,
  ): Promise<void> {
    // A value of a wrong type was meant as a name, and must not select by id.
    const named = typeof nameOrOptions !== "object" && nameOrOptions !== undefined ||
      nameOrOptions === null;
    const [name, { force = false } = {}] = named
      ? [nameOrOptions, options]
      : [undefined, nameOrOptions];
    return this.#access.write(({ artifacts }) => artifacts.remove(idOrRunId, name, force));
  }

  /**
   * Starts a log: an artifact that others can read while it is written, and that survives the death
   * of this process. It becomes an artifact when it is ended.
   *
   * @param runId Id of the run.
   * @param name Name within the run.
   * @returns The log.
   * @throws {ArtifactExistsError} If the run already has an artifact of this name.
   * @throws {InvalidNameError} If the name breaks a rule.
   * @throws {InvalidOptionError} If the byte store does not support growing logs.
   * @throws {RunNotFoundError} If the run does not exist.
   * @throws {StorageError} If the log is already being written.
   *
   * @example Write a log
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const { id } = await store.startRun();
   * const log = await store.artifacts.startLog(id, "train.log");
   * await log.append("epoch 1\n");
   * const { size } = await log.end();
   * console.log(size); // 8
   * ```
   */
  startLog(runId: string, name: string): Promise<ArtifactLog> {
    return this.#access.write(async (context) => {
      const log = await startLog(context, runId, name);
      if (log) return log;
      throw new InvalidOptionError(
        `Cannot log to ${
          JSON.stringify(name)
        }: the bytes of this store cannot grow; put them at the end`,
      );
    });
  }

  /**
   * Lists logs that are not artifacts yet: growing ones, and those of dead processes.
   *
   * @param runId Id of a run; by default all runs.
   * @returns The logs.
   */
  logs(runId?: string): Promise<GrowingEntry[]> {
    return this.#access.use((context) => listLogs(context, runId));
  }

  /**
   * Reads a log that is not an artifact yet.
   *
   * @param runId Id of the run.
   * @param name Name within the run.
   * @param options `follow` continues until the writer ends; `signal` stops reading.
   * @returns The bytes; `undefined` if there is no such log.
   */
  readLog(
    runId: string,
    name: string,
    options: { readonly follow?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
    return this.#access.use((context) => readLog(context, runId, name, options));
  }

  /**
   * Stores the logs of dead processes as artifacts. If a name is taken, `.recovered` is appended.
   *
   * @param runId Id of a run; by default all runs.
   * @returns The stored artifacts.
   */
  recoverLogs(runId?: string): Promise<Artifact[]> {
    return this.#access.write((context) => recoverLogs(context, runId));
  }
}
