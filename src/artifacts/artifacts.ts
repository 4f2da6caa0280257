import type { Access } from "../base/access.ts";
import { InvalidOptionError } from "../base/errors.ts";
import { toPath } from "../base/path.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import type { GrowingEntry } from "../bytes/growing_bytes.ts";
import { shownAs } from "../display/displayable.ts";
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
   * Whether to remove it even if a model version uses it. That version is removed with it.
   *
   * @default {false}
   */
  readonly force?: boolean;
}

/** What artifacts need of an open store. */
export interface ArtifactContext {
  /** Records and bytes, kept consistent with each other. */
  readonly artifacts: ArtifactStore;
  /** Bytes. */
  readonly bytes: ByteStore;
  /** Absolute path of the artifact directory; `undefined` where artifacts are not files. */
  readonly artifactDir: string | undefined;
}

/**
 * The artifacts of a store: named bytes that belong to a run. Got by {@linkcode Store.artifacts}.
 *
 * Every method throws {@linkcode StoreClosedError} once the store is closed,
 * {@linkcode ReadOnlyError} if it writes and the store is read-only, {@linkcode StoreBusyError} if
 * other writers keep it waiting, and {@linkcode StorageError} if the disk or the database refuses.
 */
export class Artifacts {
  readonly #access: Access<ArtifactContext>;

  /** @ignore Made by the store. */
  constructor(access: Access<ArtifactContext>) {
    this.#access = access;
  }

  /**
   * Stores an artifact: bytes, text, a JSON value, a stream, a response, or the file of a URL. When
   * the promise resolves, bytes and record are durable; if it rejects, nothing is stored. Do not
   * change bytes that you pass before then.
   *
   * @example Text, JSON, bytes
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
   *
   * @param runId The run that it belongs to.
   * @param name Its name within the run; `/` separates directories.
   * @param source What to store. A string is text, never a path.
   * @param options Content type, and what to do if the name exists.
   * @returns The artifact.
   * @throws {InvalidNameError} If the name breaks a rule, or clashes with another of the run.
   * @throws {ArtifactExistsError} If the run has an artifact of this name.
   * @throws {ArtifactInUseError} If it is to be replaced, and a model version uses it.
   * @throws {InvalidSourceError} If the source cannot be stored.
   * @throws {SourceChangedError} If a file changes while it is read.
   * @throws {RunNotFoundError} If the run is not in the store.
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
   * Stores a file. Throws what {@linkcode Artifacts.put} throws. Needs read permission for the file.
   *
   * @param runId The run that it belongs to.
   * @param name Its name within the run.
   * @param path The file; a string is a path here.
   * @param options As for {@linkcode Artifacts.put}, and whether the file is moved.
   * @returns The artifact.
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
   * Stores every file of a directory, named by its path within it. All names are checked first. Files
   * are stored in batches of at most 20,000 files and about 1 GiB, each as a whole: after a failure
   * some batches may be stored, and the same call with `ifExists: "same"` stores the others.
   * The store's own database and artifacts are left out. Throws what {@linkcode Artifacts.put}
   * throws. Needs read permission for the directory.
   *
   * @param runId The run that they belong to.
   * @param path The directory.
   * @param options A prefix for the names, and what to do with symbolic links.
   * @returns The artifacts, sorted by name.
   */
  putDirectory(
    runId: string,
    path: string | URL,
    options: PutDirectoryOptions = {},
  ): Promise<Artifact[]> {
    return this.#access.write((context) => putDirectory(context, runId, toPath(path), options))
      .then(shownAs("artifacts"));
  }

  /**
   * Returns the artifact with an id.
   *
   * @throws {ArtifactNotFoundError} If it is not in the store.
   * @throws {UnsafePathError} If its record, from a foreign database, leads outside the directory.
   */
  get(id: string): Promise<Artifact>;
  /** Returns the artifact of a run with a name. Throws what the other form throws. */
  get(runId: string, name: string): Promise<Artifact>;
  get(idOrRunId: string, name?: string): Promise<Artifact> {
    return this.#access.use(({ artifacts }) => artifacts.get(idOrRunId, name));
  }

  /** Whether there is an artifact with an id. */
  has(id: string): Promise<boolean>;
  /** Whether a run has an artifact with a name. */
  has(runId: string, name: string): Promise<boolean>;
  has(idOrRunId: string, name?: string): Promise<boolean> {
    return this.#access.use(({ artifacts }) => artifacts.has(idOrRunId, name));
  }

  /**
   * Lists the artifacts of a run, by creation time, then name.
   *
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  list(runId: string): Promise<Artifact[]> {
    return this.#access.use(({ artifacts }) => artifacts.listOfRun(runId))
      .then(shownAs("artifacts"));
  }

  /**
   * Finds artifacts of all runs that match a query, by creation time, then name.
   *
   * @example All checkpoints
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * for (const { runId, name, size } of await store.artifacts.find({ name: "checkpoints/*" })) {
   *   console.log(runId, name, size);
   * }
   * ```
   *
   * @param query Filters; what is left out does not matter.
   * @returns The artifacts.
   * @throws {InvalidOptionError} If the query has an unknown or wrong option.
   */
  find(query: ArtifactQuery): Promise<Artifact[]> {
    return this.#access.use(({ artifacts }) => artifacts.list(query)).then(shownAs("artifacts"));
  }

  /**
   * Gives the artifacts of all runs that match a query one by one, by run, then name, in flat memory:
   * however many there are, few are read at a time. Those of one hash or one exact name come by
   * creation time.
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
   *
   * @param query Filters; what is left out does not matter.
   * @returns The artifacts.
   * @throws {InvalidOptionError} If the query has an unknown or wrong option.
   */
  async *each(query: ArtifactQuery = {}): AsyncIterable<Artifact> {
    yield* await this.#access.use(({ artifacts }) => Promise.resolve(artifacts.each(query)));
  }

  /**
   * Removes an artifact: first its record, then its bytes.
   *
   * @param id The artifact.
   * @param options `force` removes it even if a model version uses it, and that version too.
   * @throws {ArtifactInUseError} If a model version uses it.
   * @throws {ArtifactNotFoundError} If it is not in the store.
   */
  remove(id: string, options?: RemoveOptions): Promise<void>;
  /** Removes the artifact of a run with a name. Throws what the other form throws. */
  remove(runId: string, name: string, options?: RemoveOptions): Promise<void>;
  remove(
    idOrRunId: string,
    nameOrOptions?: string | RemoveOptions,
    options?: RemoveOptions,
  ): Promise<void> {
    // What is neither was meant as a name, and must not stand for none.
    const named = typeof nameOrOptions !== "object" && nameOrOptions !== undefined ||
      nameOrOptions === null;
    const [name, { force = false } = {}] = named
      ? [nameOrOptions, options]
      : [undefined, nameOrOptions];
    return this.#access.write(({ artifacts }) => artifacts.remove(idOrRunId, name, force));
  }

  /**
   * Starts a log: an artifact that others can read while it is written, and that is kept, as far as
   * it got, when this process dies. It is an artifact once it has been ended.
   *
   * @example
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
   *
   * @param runId The run that it belongs to.
   * @param name Its name within the run.
   * @returns The log.
   * @throws {ArtifactExistsError} If the run has an artifact of this name.
   * @throws {InvalidNameError} If the name breaks a rule.
   * @throws {InvalidOptionError} If the store keeps bytes where they cannot grow.
   * @throws {RunNotFoundError} If the run is not in the store.
   * @throws {StorageError} If it is being written already.
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
   * Lists logs that are not artifacts yet: those that grow, and those that a process left.
   *
   * @param runId The run; all runs if left out.
   * @returns The logs.
   */
  logs(runId?: string): Promise<GrowingEntry[]> {
    return this.#access.use((context) => listLogs(context, runId));
  }

  /**
   * Reads a log that is not an artifact yet.
   *
   * @param runId The run that it belongs to.
   * @param name Its name within the run.
   * @param options `follow` reads on until its writer ends; `signal` stops the reading.
   * @returns Its bytes; `undefined` if there is no such log.
   */
  readLog(
    runId: string,
    name: string,
    options: { readonly follow?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
    return this.#access.use((context) => readLog(context, runId, name, options));
  }

  /**
   * Stores logs whose writers died as artifacts, as far as they got. Where the name is taken by now,
   * `.recovered` is appended.
   *
   * @param runId The run; all runs if left out.
   * @returns The artifacts.
   */
  recoverLogs(runId?: string): Promise<Artifact[]> {
    return this.#access.write((context) => recoverLogs(context, runId));
  }
}
