import {
  ArtifactExistsError,
  ArtifactNotFoundError,
  InvalidOptionError,
  InvalidSourceError,
  joinFailures,
} from "../base/errors.ts";
import type { ByteStore, Progress, StagedBytes } from "../bytes/byte_store.ts";
import { assertArtifactName, assertRunId, unsafePath } from "../names/names.ts";
import { stageTwin } from "./duplicates.ts";
import { NameIndex } from "../names/name_index.ts";
import { isBelow } from "../base/path.ts";
import { backoffDelay, wait } from "../base/async.ts";
import { Artifact } from "./artifact.ts";
import { assertString } from "../base/assert.ts";
import { assertArtifactQuery } from "./assert_query.ts";
import type {
  ArtifactIndex,
  ArtifactQuery,
  ArtifactRecord,
  IndexEntry,
  NewArtifact,
  Replacement,
} from "../metadata/artifact_index.ts";
import { ArtifactReader, type OpenArtifact } from "./artifact_reader.ts";
import { assertContentType, guessContentType } from "./content_type.ts";
import { areStored } from "./check_bytes.ts";
import { IF_EXISTS, type IfExists } from "./if_exists.ts";
import { abandonSource, openFile, openSource, type PutSource, requireFile } from "./put_source.ts";

/** How to put an artifact. */
export interface PutOptions {
  /** MIME type. If left out, the name's extension tells it, else the kind of source. */
  readonly contentType?: string;
  /**
   * What to do if the run has an artifact of this name: `"error"` refuses; `"same"` gives the stored
   * one if its bytes are the same, and refuses otherwise; `"replace"` swaps the bytes in one step,
   * unless a model version is made of them: that never changes, so other bytes are refused with an
   * {@linkcode ArtifactInUseError}. Where the bytes are the same, `"same"` and `"replace"` read those
   * stored, and bring them back if they are missing or damaged.
   *
   * @default {"error"}
   */
  readonly ifExists?: IfExists;
  /**
   * Whether bytes that another artifact of the store has are stored as one more name of its file, by a
   * hard link, where the file system can. That file is read once to make sure of it.
   *
   * @default {false}
   */
  readonly dedup?: boolean;
  /** Stops the put; nothing is stored then. */
  readonly signal?: AbortSignal;
  /** Told of the bytes stored so far. */
  readonly onProgress?: (progress: Progress) => void;
}

/** How to put a file. */
export interface PutFileOptions extends PutOptions {
  /**
   * Whether the file is moved into the store. On the same file system nothing is copied. The file
   * goes only once it is stored; do not write to it through handles that are still open.
   *
   * @default {false}
   */
  readonly move?: boolean;
}

/** Artifacts: an index of rows and a store of bytes, kept true to each other. */
export class ArtifactStore {
  readonly #index: ArtifactIndex;
  readonly #bytes: ByteStore;
  readonly #reader: ArtifactReader;
  readonly #root: string;
  readonly #now: () => number;
  readonly #busyTimeout: number;

  /** Puts an index and a byte store together. `root` is where the bytes' own files are. */
  constructor(
    index: ArtifactIndex,
    bytes: ByteStore,
    { root, now, busyTimeout }: { root: string; now: () => number; busyTimeout: number },
  ) {
    this.#index = index;
    this.#bytes = bytes;
    this.#reader = new ArtifactReader(index, bytes, root);
    this.#root = root;
    this.#now = now;
    this.#busyTimeout = busyTimeout;
  }

  /** Stores the bytes of a source. */
  async put(
    runId: string,
    name: string,
    source: PutSource,
    options: PutOptions,
  ): Promise<Artifact> {
    try {
      await this.#admit(runId, name, options);
    } catch (error) {
      await abandonSource(source, error);
      throw error;
    }
    const opened = await openSource(name, source, options.signal);
    const copy = await this.#bytes.stage(opened.reader, { ...options, name });
    const staged = await this.#share(copy, options) ?? copy;
    const { size, hash } = staged;
    const contentType = options.contentType ?? await guessContentType(name, opened.contentType);
    return await this.#store(staged, { runId, name, contentType, size, hash }, options);
  }

  /** Stores a file. */
  async putFile(
    runId: string,
    name: string,
    path: string,
    options: PutFileOptions,
  ): Promise<Artifact> {
    await this.#admit(runId, name, options);
    const adopted = options.move ? await this.#adopt(name, path, options) : undefined;
    const own = adopted ??
      await this.#bytes.stage((await openFile(name, path)).reader, { ...options, name });
    const staged = await this.#share(own, options) ?? own;
    const { size, hash } = staged;
    const contentType = options.contentType ?? await guessContentType(name);
    const stored = await this.#store(staged, { runId, name, contentType, size, hash }, options);
    // It is stored in any case; a source that is gone, or cannot be removed, is no failure of that.
    if (options.move && staged !== adopted) await Deno.remove(path).catch(() => {});
    return stored;
  }

  /** In place of staged bytes, the file of an artifact that has the same ones. */
  async #share(staged: StagedBytes, options: PutOptions): Promise<StagedBytes | undefined> {
    if (!options.dedup) return undefined;
    try {
      const twin = await stageTwin(staged, this.#index, this.#bytes, options.signal);
      if (twin) staged.discard();
      return twin;
    } catch (error) {
      staged.discard();
      throw error;
    }
  }

  /** `undefined` where the file cannot be taken as it is, and is copied instead. */
  async #adopt(
    name: string,
    path: string,
    options: PutOptions,
  ): Promise<StagedBytes | undefined> {
    await requireFile(name, path);
    // Its second name would be taken for the first, and the artifact lose its bytes.
    if (isBelow(await Deno.realPath(path), this.#root)) {
      throw new InvalidSourceError(name, "the file to move is an artifact's, in this very store");
    }
    return await this.#bytes.adopt(path, { ...options, name });
  }

  /** Refuses, before any of several artifacts is stored, what could not be stored anyway. */
  async admitAll(runId: string, names: readonly string[], options: PutOptions): Promise<void> {
    assertRunId(runId);
    await this.#index.requireRun(runId);
    const together = new NameIndex();
    for (const name of names) {
      await this.#admit(runId, name, options);
      together.check(name);
      together.add(name);
    }
  }

  /** Refuses, before any byte is read, what could not be stored anyway. */
  async #admit(runId: string, name: string, options: PutOptions): Promise<void> {
    assertRunId(runId);
    assertArtifactName(name);
    const { ifExists = "error", contentType, signal } = options;
    if (!IF_EXISTS.includes(ifExists)) {
      throw new InvalidOptionError(
        `Cannot use ${JSON.stringify(ifExists)} as ifExists: it takes ${IF_EXISTS.join(", ")}`,
      );
    }
    if (contentType !== undefined) assertContentType(contentType);
    signal?.throwIfAborted();
    const found = await this.#index.admit(runId, name);
    if (found && ifExists === "error") throw new ArtifactExistsError(runId, name);
  }

  /** Stores bytes that are staged already. */
  putStaged(staged: StagedBytes, artifact: NewArtifact, options: PutOptions): Promise<Artifact> {
    return this.#store(staged, artifact, options);
  }

  async #store(staged: StagedBytes, artifact: NewArtifact, options: PutOptions): Promise<Artifact> {
    let published: string | undefined;
    const publish = async (path: string) => {
      published = path;
      await this.#bytes.publish(staged, path);
    };
    try {
      for (let tries = 0, start = performance.now();; tries++) {
        const outcome = await this.#index.insert(artifact, publish, options.signal);
        const record = "inserted" in outcome
          ? outcome.inserted
          : await this.#meet(outcome.found, staged, artifact, options);
        if (record) {
          staged.release();
          return new Artifact(record, this.#reader);
        }
        // Another writer replaces the same artifact, or one has crashed while doing so.
        if (performance.now() - start > this.#busyTimeout) {
          throw new ArtifactExistsError(artifact.runId, artifact.name);
        }
        await this.settle();
        await wait(backoffDelay(tries), options.signal);
      }
    } catch (error) {
      const record = published && await this.#takeBack(staged, artifact, published);
      if (record) {
        staged.release();
        return new Artifact(record, this.#reader);
      }
      staged.discard();
      throw error;
    }
  }

  /** Meets an artifact of the same name as `ifExists` says; `undefined` asks to try again. */
  async #meet(
    { record, problem, replacement }: IndexEntry,
    staged: StagedBytes,
    artifact: NewArtifact,
    { ifExists = "error", contentType, signal }: PutOptions,
  ): Promise<ArtifactRecord | undefined> {
    const { runId, name, size, hash } = artifact;
    if (ifExists === "error") throw new ArtifactExistsError(runId, name);
    if (problem) throw problem;
    if (replacement) return undefined;
    const same = record.hash === hash && record.size === size;
    const sameType = contentType === undefined || contentType === record.contentType;
    if (same && (ifExists === "same" || sameType)) {
      // The bytes at hand make good what has been lost of those stored.
      if (await areStored(this.#bytes, record, signal)) return record;
      const renewed = await this.#index.renew(
        record,
        (path) => this.#bytes.replace(staged, path),
      );
      return renewed ? record : undefined;
    }
    if (ifExists === "same") throw new ArtifactExistsError(runId, name, record.hash, hash);
    const { id } = record;
    const createdAt = new Date(this.#now());
    const noted = { staged: staged.key, ...artifact, createdAt };
    await this.#bytes.keepStaged();
    try {
      if (!await this.#index.noteReplacement(id, noted)) return undefined;
      return await this.#index.finishReplacement(
        id,
        staged.key,
        (path) => this.#bytes.replace(staged, path),
      );
    } catch (error) {
      if (error instanceof ArtifactNotFoundError) return undefined; // Removed: put it anew.
      const replaced = await this.#undoReplacement(id, noted);
      if (replaced) return replaced;
      throw error;
    }
  }

  /** After a failure: the note goes; or, if the bytes are in place already, the row follows them. */
  async #undoReplacement(
    id: string,
    { staged, hash, createdAt }: Replacement,
  ): Promise<ArtifactRecord | undefined> {
    try {
      if (this.#bytes.stagedState(staged) === "absent") {
        await this.settle();
        const record = (await this.#index.byId(id))?.record;
        const isOurs = record?.hash === hash && record.createdAt.getTime() === createdAt.getTime();
        return isOurs ? record : undefined;
      }
      await this.#index.dropReplacement(id, staged);
    } catch {
      // The note stays, and whoever opens the store next settles it.
    }
  }

  /**
   * After a transaction that failed with the bytes published: if its commit took place after all,
   * gives the record; else removes the bytes, unless they have a row by now.
   */
  async #takeBack(
    staged: StagedBytes,
    { runId, name }: NewArtifact,
    path: string,
  ): Promise<ArtifactRecord | undefined> {
    try {
      const found = await this.#index.byName(runId, name);
      if (found?.record.hash === staged.hash && this.#bytes.holds(staged, path)) {
        return found.record;
      }
      await this.#index.withoutRow([{ runId, name, path }], () => {
        if (this.#bytes.holds(staged, path)) this.#bytes.remove(path);
      });
    } catch {
      // An orphan stays behind: the next put of the name takes its place, or it is collected.
    }
  }

  /** Finishes or undoes what a crash left of replacements. */
  async settle(): Promise<void> {
    const unneeded = await this.#index.settleReplacements((entry) => this.#judge(entry));
    for (const key of unneeded) this.#bytes.dropStaged(key);
  }

  async #judge(
    { record, problem, replacement }: IndexEntry,
  ): Promise<"replaced" | "not replaced" | "under way"> {
    const state = this.#bytes.stagedState(replacement!.staged);
    if (state === "in use") return "under way";
    if (state === "abandoned" || problem) return "not replaced";
    const { path } = record;
    const replaced = await areStored(this.#bytes, { ...replacement!, path });
    return replaced ? "replaced" : "not replaced";
  }

  /** The artifact of an id, or of a run and name. */
  async get(idOrRunId: string, name?: string): Promise<Artifact> {
    const entry = await this.#find(idOrRunId, name);
    if (entry?.problem) throw entry.problem;
    if (entry) return new Artifact(entry.record, this.#reader);
    throw new ArtifactNotFoundError(
      name === undefined ? { id: idOrRunId } : { runId: idOrRunId, name },
    );
  }

  /** Opens an artifact's bytes together with the row that describes them. */
  open(id: string): Promise<OpenArtifact> {
    return this.#reader.open(id);
  }

  /** Whether there is an artifact of an id, or of a run and name. */
  async has(idOrRunId: string, name?: string): Promise<boolean> {
    return await this.#find(idOrRunId, name) !== undefined;
  }

  #find(idOrRunId: string, name: string | undefined): Promise<IndexEntry | undefined> {
    return name === undefined ? this.#index.byId(idOrRunId) : this.#index.byName(idOrRunId, name);
  }

  /** The artifacts of a run. */
  async listOfRun(runId: string): Promise<Artifact[]> {
    assertString("a run id", runId);
    await this.#index.requireRun(runId);
    return await this.list({ runId });
  }

  /** The artifacts that match a query. */
  async list(query: ArtifactQuery): Promise<Artifact[]> {
    assertArtifactQuery(query);
    const entries = await this.#index.list(query);
    return entries.map(({ record, problem }) => new Artifact(record, this.#reader, problem));
  }

  /** Removes an artifact: its row, then its bytes. */
  async remove(idOrRunId: string, name: string | undefined, force: boolean): Promise<void> {
    const entry = await this.#find(idOrRunId, name);
    const removed = entry && await this.#index.remove(entry.record.id, force);
    if (!removed) {
      throw new ArtifactNotFoundError(
        name === undefined ? { id: idOrRunId } : { runId: idOrRunId, name },
      );
    }
    if (entry.replacement) this.#bytes.dropStaged(entry.replacement.staged);
    await this.removeBytes([entry.record]);
  }

  /** Removes the bytes of artifacts whose rows are gone; what cannot be removed is told at last. */
  async removeBytes(
    artifacts: readonly { runId: string; name: string; path: string }[],
  ): Promise<void> {
    // What another program's row says may lead anywhere: it is left alone.
    const safe = artifacts.filter(({ path }) => unsafePath(path) === undefined);
    const failures: Error[] = [];
    // In parts, so that other writers need not wait for all of a large run.
    for (let at = 0; at < safe.length; at += 500) {
      const part = safe.slice(at, at + 500);
      failures.push(...await this.#index.withoutRow(part, (path) => this.#bytes.remove(path)));
    }
    const what = `remove the files of ${failures.length} artifacts`;
    if (failures.length > 0) throw joinFailures(what, failures);
  }
}
