/** Restores the files of a whole backup to a store that gets its database. */
import { inParallel } from "../base/in_parallel.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import type { ArtifactRecord, IndexEntry } from "../metadata/artifact_index.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import {
  copyArtifact,
  findInPlace,
  type Found,
  isArtifactError,
  isEmpty,
  Meter,
  type Omitted,
  openArtifact,
} from "./copy_artifacts.ts";
import { copyTogether, Waiting, type Wanted } from "./copy_together.ts";
import type { RestoreOptions } from "./restore_options.ts";
import type { SetAside } from "./set_aside.ts";
import { SharedFileCopies } from "./shared_file_copies.ts";

/** Number of artifacts read from the database together. */
const PAGE = 500;

/** Number of artifacts copied in parallel. */
const WIDTH = 32;

/** The copying of one restore. */
export class RestoreCopy {
  /** Artifacts that were copied, or would be. */
  readonly copied: ArtifactRecord[] = [];
  /** Artifacts that are missing or damaged in the backup as well. */
  readonly omitted: Omitted[] = [];
  /** Records of artifacts that were replaced in the backup after its snapshot was taken. */
  readonly renewed: ArtifactRecord[] = [];
  readonly #source: StoreContext;
  readonly #sharedCopies: SharedFileCopies;
  readonly #to: ByteStore;
  readonly #others: SetAside;
  readonly #options: RestoreOptions;
  readonly #waiting = new Waiting<Wanted>();
  #isNew = false;
  #total = 0;
  #done = 0;

  /** Creates a copy from a backup. Files that occupy its paths are moved to `others`. */
  constructor(source: StoreContext, to: ByteStore, others: SetAside, options: RestoreOptions) {
    this.#source = source;
    this.#sharedCopies = new SharedFileCopies(source.bytes);
    this.#to = to;
    this.#others = others;
    this.#options = options;
  }

  /** Copies every artifact that is not in place. */
  async run(entries: AsyncIterable<IndexEntry>): Promise<void> {
    this.#isNew = await isEmpty(this.#to);
    await this.#each(entries, (wanted) => {
      this.#waiting.add(wanted);
      return Promise.resolve();
    });
    await this.#copyWaiting();
  }

  async #copyWaiting(): Promise<void> {
    const waiting = this.#waiting.take();
    const { signal } = this.#options;
    const copied = await copyTogether(waiting, this.#source.bytes, this.#to, signal);
    this.copied.push(...copied);
    const single = waiting.filter(({ record }) => !copied.has(record));
    await inParallel(single, WIDTH, (wanted) => this.#copy(wanted));
  }

  async #copy({ record, meter }: Wanted): Promise<void> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    await this.#keepGoing(record, async () => {
      const copy = await this.#sharedCopies.copy(
        record,
        (twin) =>
          copyArtifact(record, this.#source, this.#to, {
            twin,
            makeWay: (key) => this.#others.keep(key),
            signal,
            onProgress: meter.onProgress,
          }),
      );
      if (copy.hash !== record.hash) this.renewed.push(copy);
      this.copied.push(copy);
    });
    meter.finish();
  }

  /** Previews {@linkcode RestoreCopy.run} without copying. */
  async plan(entries: AsyncIterable<IndexEntry>): Promise<void> {
    await this.#each(entries, async ({ record, meter }) => {
      await this.#keepGoing(record, async () => {
        (await openArtifact(record, this.#source)).bytes.close();
        this.copied.push(record);
      });
      meter.finish();
    });
  }

  /**
   * Moves stored bytes without a record in the backup aside, because `gc` would later remove them.
   */
  async setOthersAside(fresh: Snapshot): Promise<void> {
    let keys: string[] = [];
    const setAside = async () => {
      const unnamed = [...await fresh.unnamed(keys)];
      for (const key of unnamed) await this.#others.keep(key);
      const [failure] = await this.#to.removeAll(unnamed);
      if (failure) throw failure;
      keys = [];
    };
    for await (const { key, kind, state } of this.#to.list()) {
      if (kind === "file" && state === "published") keys.push(key);
      if (keys.length >= PAGE) await setAside();
    }
    await setAside();
  }

  /** Calls `bring` for each artifact that is not in place. */
  async #each(
    entries: AsyncIterable<IndexEntry>,
    bring: (wanted: Wanted) => Promise<void>,
  ): Promise<void> {
    this.#total = (await this.#source.metadata.artifacts.totals()).bytes;
    let page: IndexEntry[] = [];
    const bringPage = async () => {
      await inParallel(page, WIDTH, (entry) => this.#inspectEntry(entry, bring));
      if (this.#waiting.isFull) await this.#copyWaiting();
    };
    for await (const entry of entries) {
      page.push(entry);
      if (page.length < PAGE) continue;
      await bringPage();
      page = [];
    }
    await bringPage();
  }

  async #inspectEntry(
    { record, problem }: IndexEntry,
    bring: (wanted: Wanted) => Promise<void>,
  ): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const meter = new Meter(record.size || 0, (bytes) => this.#advance(bytes));
    let found: Found | undefined;
    await this.#keepGoing(record, async () => {
      if (problem) throw problem;
      found = await this.#find(record);
    });
    if (found && !found.entry) await bring({ record, meter, isFree: found.isFree });
    else meter.finish();
  }

  async #find(record: ArtifactRecord): Promise<Found> {
    if (this.#isNew) return { isFree: true };
    const { quick = false, dryRun, signal } = this.#options;
    return await findInPlace(record, this.#to, { known: quick, signal, touch: !dryRun });
  }

  /** Notes an error that concerns only one artifact; throws others. */
  async #keepGoing(artifact: ArtifactRecord, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isArtifactError(error)) throw error;
      this.omitted.push({ artifact, error });
    }
  }

  #advance(bytes: number): void {
    this.#options.onProgress?.({ bytes: this.#done += bytes, total: this.#total });
  }
}
