/** Restores the files of a whole backup to a store that gets its database. */
import { inParallel } from "../base/in_parallel.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import type { ArtifactRecord, IndexEntry } from "../metadata/artifact_index.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import {
  copyArtifact,
  type CopySource,
  findInPlace,
  isArtifactError,
  Meter,
  type Omitted,
  openArtifact,
} from "./copy_artifacts.ts";
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
  readonly #from: CopySource;
  readonly #source: StoreContext;
  readonly #sharedCopies: SharedFileCopies;
  readonly #to: ByteStore;
  readonly #others: SetAside;
  readonly #options: RestoreOptions;
  #total = 0;
  #done = 0;

  /** Creates a copy from a backup. Files that occupy its paths are moved to `others`. */
  constructor(source: StoreContext, to: ByteStore, others: SetAside, options: RestoreOptions) {
    this.#from = { bytes: source.bytes, open: (id) => source.artifacts.open(id) };
    this.#source = source;
    this.#sharedCopies = new SharedFileCopies(source.bytes);
    this.#to = to;
    this.#others = others;
    this.#options = options;
  }

  /** Copies every artifact that is not in place. */
  async run(entries: AsyncIterable<IndexEntry>): Promise<void> {
    await this.#each(entries, async (record, meter) => {
      const { signal } = this.#options;
      const copy = await this.#sharedCopies.copy(
        record,
        (twin) =>
          copyArtifact(record, this.#from, this.#to, {
            twin,
            makeWay: (key) => this.#others.keep(key),
            signal,
            onProgress: meter.onProgress,
          }),
      );
      if (copy.hash !== record.hash) this.renewed.push(copy);
      this.copied.push(copy);
    });
  }

  /** Previews {@linkcode RestoreCopy.run} without copying. */
  async plan(entries: AsyncIterable<IndexEntry>): Promise<void> {
    await this.#each(entries, async (record) => {
      (await openArtifact(record, this.#from)).bytes.close();
      this.copied.push(record);
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

  async #each(
    entries: AsyncIterable<IndexEntry>,
    bring: (record: ArtifactRecord, meter: Meter) => Promise<void>,
  ): Promise<void> {
    this.#total = (await this.#source.metadata.artifacts.totals()).bytes;
    let page: IndexEntry[] = [];
    const bringPage = () => inParallel(page, WIDTH, (entry) => this.#restoreEntry(entry, bring));
    for await (const entry of entries) {
      page.push(entry);
      if (page.length < PAGE) continue;
      await bringPage();
      page = [];
    }
    await bringPage();
  }

  async #restoreEntry(
    { record, problem }: IndexEntry,
    bring: (record: ArtifactRecord, meter: Meter) => Promise<void>,
  ): Promise<void> {
    const { quick = false, signal } = this.#options;
    signal?.throwIfAborted();
    const meter = new Meter(record.size || 0, (bytes) => this.#advance(bytes));
    try {
      if (problem) throw problem;
      const found = await findInPlace(record, this.#to, {
        known: quick,
        signal,
        touch: !this.#options.dryRun,
      });
      if (!found) await bring(record, meter);
    } catch (error) {
      if (!isArtifactError(error)) throw error;
      this.omitted.push({ artifact: record, error });
    }
    meter.finish();
  }

  #advance(bytes: number): void {
    this.#options.onProgress?.({ bytes: this.#done += bytes, total: this.#total });
  }
}
