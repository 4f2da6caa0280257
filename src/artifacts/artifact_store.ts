import { assertString } from "../base/assert.ts";
import { ArtifactExistsError, ArtifactNotFoundError, InvalidSourceError } from "../base/errors.ts";
import type { ByteStore, StagedBytes } from "../bytes/byte_store.ts";
import type {
  ArtifactIndex,
  ArtifactQuery,
  IndexEntry,
  NewArtifact,
} from "../metadata/artifact_index.ts";
import type { RunStore } from "../metadata/run_store.ts";
import { assertArtifactName, assertRunId } from "../names/names.ts";
import { Artifact } from "./artifact.ts";
import { ArtifactReader, type OpenArtifact } from "./artifact_reader.ts";
import type { ArtifactWriter, PutAllResult, StagedArtifact } from "./artifact_writer.ts";
import { assertArtifactQuery } from "./assert_query.ts";
import { eachMatch } from "./each_artifact.ts";
import { guessContentType } from "./content_type.ts";
import { Orphans } from "./orphans.ts";
import type { ArtifactParts } from "./parts.ts";
import { putAllStaged, putBatches, type PutFilesOptions } from "./put_batch.ts";
import { putStaged } from "./put_artifact.ts";
import { assertPutOptions, type PutFileOptions, type PutOptions } from "./put_options.ts";
import { abandonSource, type PutSource } from "./put_source.ts";
import { recoverMoves, recoverReplacements } from "./recover_replacements.ts";
import { removeArtifact, removeRunWithBytes } from "./remove_artifact.ts";
import { stageFile, stageSource } from "./stage_source.ts";
import type { FoundFile } from "./walk_directory.ts";

/** Artifacts: an index of records and a byte store, kept consistent. */
export class ArtifactStore {
  readonly #parts: ArtifactParts;

  /**
   * Combines an index and a byte store. `root` is the artifact directory, if the bytes are files.
   */
  constructor(
    index: ArtifactIndex,
    bytes: ByteStore,
    how: {
      root: string | undefined;
      now: () => number;
      busyTimeout: number;
      reader?: ArtifactReader;
      writer?: ArtifactWriter;
    },
  ) {
    const { reader = new ArtifactReader(index, bytes, how.root) } = how;
    this.#parts = { index, bytes, orphans: new Orphans(index, bytes), ...how, reader };
  }

  /** Stores the bytes of a source. */
  async put(
    runId: string,
    name: string,
    source: PutSource,
    options: PutOptions,
  ): Promise<Artifact> {
    let replaces: boolean;
    try {
      replaces = await this.#checkName(runId, name, options);
    } catch (error) {
      await abandonSource(source, error);
      throw error;
    }
    const { staged, contentType: ofKind } = await stageSource(
      this.#parts,
      { runId, name, replaces },
      source,
      options,
    );
    const { size, hash } = staged;
    const contentType = options.contentType ?? await guessContentType(name, ofKind);
    return await this.putStaged(staged, { runId, name, contentType, size, hash }, options);
  }

  /** Stores a file. */
  async putFile(
    runId: string,
    name: string,
    path: string,
    options: PutFileOptions,
    within?: string,
  ): Promise<Artifact> {
    const replaces = await this.#checkName(runId, name, options);
    const { staged, isTaken } = await stageFile(
      this.#parts,
      { runId, name, replaces },
      path,
      options,
      within,
    );
    const { size, hash } = staged;
    const contentType = options.contentType ?? await guessContentType(name);
    const stored = await this.putStaged(staged, { runId, name, contentType, size, hash }, options);
    // The artifact is stored; failing to remove the source is not an error.
    if (options.move && !isTaken) await Deno.remove(path).catch(() => {});
    return stored;
  }

  /** Stores bytes that are already staged. */
  async putStaged(
    staged: StagedBytes,
    artifact: NewArtifact,
    options: PutOptions,
  ): Promise<Artifact> {
    const { hash } = options;
    if (hash !== undefined && hash.toLowerCase() !== artifact.hash) {
      await staged.discard();
      throw new InvalidSourceError(
        artifact.name,
        `its bytes have the SHA-256 ${artifact.hash}, not ${hash.toLowerCase()}; send them again`,
      );
    }
    const { writer } = this.#parts;
    const record = writer
      ? await writer.put(staged, artifact, options)
      : await putStaged(this.#parts, staged, artifact, options);
    return new Artifact(record, this.#parts.reader);
  }

  /** Stores bytes of one run that are staged already, all or none. */
  putAllStaged(
    runId: string,
    artifacts: readonly StagedArtifact[],
    signal?: AbortSignal,
  ): Promise<PutAllResult> {
    return putAllStaged(this.#parts, runId, artifacts, signal);
  }

  /** Stores files under free names in batches. Yields the artifacts by name. */
  async *putBatches(
    runId: string,
    files: readonly FoundFile[],
    options: PutFilesOptions,
  ): AsyncGenerator<{ artifacts: ReadonlyMap<string, Artifact>; taken: readonly FoundFile[] }> {
    for await (const { records, taken } of putBatches(this.#parts, runId, files, options)) {
      const artifacts = new Map<string, Artifact>();
      for (const [name, record] of records) {
        artifacts.set(name, new Artifact(record, this.#parts.reader));
      }
      yield { artifacts, taken };
    }
  }

  /**
   * Checks several artifacts before any of them is stored.
   *
   * @returns The names that the run already has.
   */
  async checkNames(
    runId: string,
    names: readonly string[],
    options: PutOptions,
  ): Promise<ReadonlySet<string>> {
    assertRunId(runId);
    for (const name of names) assertArtifactName(name, { portable: options.portable });
    assertPutOptions(options);
    options.signal?.throwIfAborted();
    const found = await this.#parts.index.checkNames(runId, names);
    const { ifExists = "error" } = options;
    for (const name of found.keys()) {
      if (ifExists === "error") throw new ArtifactExistsError(runId, name);
    }
    return new Set(found.keys());
  }

  /**
   * Checks an artifact before any bytes are read.
   *
   * @returns Whether the bytes replace existing ones.
   */
  async #checkName(runId: string, name: string, options: PutOptions): Promise<boolean> {
    assertRunId(runId);
    assertArtifactName(name, { portable: options.portable });
    assertPutOptions(options);
    options.signal?.throwIfAborted();
    const { ifExists = "error" } = options;
    const found = await this.#parts.index.checkName(runId, name);
    if (found && ifExists === "error") throw new ArtifactExistsError(runId, name);
    return found !== undefined && ifExists === "replace";
  }

  /** Completes or reverts interrupted replacements and moves. */
  async recover(): Promise<void> {
    await recoverReplacements(this.#parts);
    await recoverMoves(this.#parts);
  }

  /** Completes or reverts interrupted replacements. */
  async recoverReplacements(): Promise<void> {
    await recoverReplacements(this.#parts);
  }

  /** Returns an artifact by id, or by run and name. */
  async get(idOrRunId: string, name?: string): Promise<Artifact> {
    const entry = await this.#require(idOrRunId, name);
    if (entry.problem) throw entry.problem;
    return new Artifact(entry.record, this.#parts.reader);
  }

  /** Opens an artifact's bytes together with their record. */
  open(id: string): Promise<OpenArtifact> {
    return this.#parts.reader.open(id);
  }

  /** Whether an artifact exists, by id, or by run and name. */
  async has(idOrRunId: string, name?: string): Promise<boolean> {
    return await this.#find(idOrRunId, name) !== undefined;
  }

  #find(idOrRunId: string, name: string | undefined): Promise<IndexEntry | undefined> {
    const { index } = this.#parts;
    return name === undefined ? index.byId(idOrRunId) : index.byName(idOrRunId, name);
  }

  async #require(idOrRunId: string, name: string | undefined): Promise<IndexEntry> {
    const entry = await this.#find(idOrRunId, name);
    if (entry) return entry;
    throw new ArtifactNotFoundError(
      name === undefined ? { id: idOrRunId } : { runId: idOrRunId, name },
    );
  }

  /** Lists the artifacts of a run. */
  async listOfRun(runId: string): Promise<Artifact[]> {
    assertString("a run id", runId);
    await this.#parts.index.requireRun(runId);
    return await this.list({ runId });
  }

  /** Lists the artifacts that match a query. */
  async list(query: ArtifactQuery): Promise<Artifact[]> {
    assertArtifactQuery(query);
    const entries = await this.#parts.index.list(query);
    return entries.map(({ record, problem }) => new Artifact(record, this.#parts.reader, problem));
  }

  /** The artifacts that match a query, one by one. */
  each(query: ArtifactQuery): AsyncIterable<Artifact> {
    assertArtifactQuery(query);
    const { index, reader } = this.#parts;
    const each = async function* () {
      for await (const { record, problem } of eachMatch(index, query)) {
        yield new Artifact(record, reader, problem);
      }
    };
    return each();
  }

  /** Removes an artifact: its record, then its bytes. */
  async remove(idOrRunId: string, name: string | undefined, force: boolean): Promise<void> {
    const entry = await this.#require(idOrRunId, name);
    const { writer } = this.#parts;
    if (writer) await writer.remove(entry.record.id, force);
    else await removeArtifact(this.#parts, entry, force);
  }

  /** Removes a run of `runs` with the bytes of its artifacts. */
  async removeRun(runs: Pick<RunStore, "remove">, id: string, force: boolean): Promise<void> {
    await removeRunWithBytes(this.#parts, runs, id, force);
  }
}
