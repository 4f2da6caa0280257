/** Copies missing artifacts into a backup, and keeps the previous backup intact meanwhile. */
import { asReader } from "../artifacts/artifact_reader.ts";
import { UnsafePathError } from "../base/errors.ts";
import { inParallel } from "../base/in_parallel.ts";
import type { ByteEntry, ByteStore } from "../bytes/byte_store.ts";
import type { ArtifactRecord, IndexEntry } from "../metadata/artifact_index.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import type { PreviousSnapshot } from "../metadata/sqlite/previous_snapshot.ts";
import { isSame, type Pair, pairs } from "./compare.ts";
import {
  copyArtifact,
  type CopySource,
  findInPlace,
  type Found,
  isArtifactError,
  isEmpty,
  Meter,
  type Omitted,
  statOrUndefined,
} from "./copy_artifacts.ts";
import { copyTogether, Waiting, type Wanted } from "./copy_together.ts";
import { ObsoleteKeys } from "./obsolete_keys.ts";
import type { BackupOptions } from "./options.ts";
import { SharedFileCopies } from "./shared_file_copies.ts";

/** Number of artifacts inspected together. */
const PAGE = 500;

/** Number of artifacts copied in parallel. */
const WIDTH = 32;

/** A backup whose files another backup may share. */
export interface Base {
  /** Its records. */
  readonly snapshot: PreviousSnapshot;
  /** Its bytes. */
  readonly bytes: ByteStore;
}

/** Work that a backup has to do. */
export interface CopyPlan {
  /** Total size of all artifacts, in bytes. */
  readonly total: number;
  /** Bytes of the previous backup that the next one does not have under the same key. */
  readonly obsolete: ObsoleteKeys;
  /** Number of artifacts of the previous backup that the next one does not have. */
  readonly dropped: number;
  /** Directories of the keys to copy; only for a first backup. */
  readonly directories: ReadonlySet<string>;
}

/** Compares the records to back up with those of the previous backup. */
export async function planCopy(
  fresh: Snapshot,
  previous: PreviousSnapshot | undefined,
  base: Base | undefined,
): Promise<CopyPlan> {
  const obsolete = new ObsoleteKeys();
  const directories = new Set<string>();
  let [total, dropped] = [0, 0];
  for await (const { coming, there } of pairsOf(fresh, previous ?? base?.snapshot)) {
    const sound = coming && !coming.problem ? coming : undefined;
    if (there && !coming) dropped++;
    if (sound) total += sound.record.size;
    if (previous && there && !there.problem && !(sound && isSame(sound, there))) {
      obsolete.add(there.record.path);
    }
    if (!previous && sound) directories.add(directoryOf(sound.record.path));
  }
  return { total, obsolete, dropped, directories };
}

/** An artifact that is not in place. */
interface Missing extends Wanted {
  /** Its entry in the previous backup, or in the one whose files may be shared. */
  readonly there: IndexEntry | undefined;
}

/** The copying of one backup. */
export class BackupCopy {
  /** Number of artifacts in place. */
  artifacts = 0;
  /** Their total size, in bytes. */
  bytes = 0;
  /** Number of artifacts that were copied. */
  copied = 0;
  /** Their total size, in bytes. */
  copiedBytes = 0;
  /** Number of artifacts that share their file with the store. */
  linked = 0;
  /** Artifacts that were left out. */
  readonly omitted: Omitted[] = [];
  /** Records of artifacts that were replaced after the snapshot was taken. */
  readonly renewed: ArtifactRecord[] = [];
  /** Keys of bytes that the finished backup may not need. */
  readonly unneeded: Set<string>;
  readonly #from: CopySource;
  readonly #to: ByteStore;
  readonly #plan: CopyPlan;
  readonly #previous: PreviousSnapshot | undefined;
  readonly #base: Base | undefined;
  readonly #options: BackupOptions;
  /** Bytes left by an interrupted backup that no record names. */
  readonly #leftovers = new ObsoleteKeys();
  readonly #sharedCopies: SharedFileCopies;
  readonly #waiting = new Waiting<Missing>();
  #isNew = false;
  #done = 0;

  /** Creates a copy from a store. `leftovers` are keys of bytes left by an interrupted backup. */
  constructor(
    from: CopySource,
    to: ByteStore,
    plan: CopyPlan,
    { previous, base, leftovers }: {
      previous: PreviousSnapshot | undefined;
      base: Base | undefined;
      leftovers: Iterable<string>;
    },
    options: BackupOptions,
  ) {
    this.#from = from;
    this.#sharedCopies = new SharedFileCopies(from.bytes);
    this.#to = to;
    this.#plan = plan;
    this.#previous = previous;
    this.#base = base;
    for (const key of leftovers) this.#leftovers.add(key);
    this.#options = options;
    this.unneeded = plan.obsolete.keys;
  }

  /** Copies or omits every artifact of a snapshot. */
  async run(fresh: Snapshot): Promise<void> {
    this.#isNew = await isEmpty(this.#to);
    let page: Pair[] = [];
    for await (const pair of pairsOf(fresh, this.#previous ?? this.#base?.snapshot)) {
      if (!pair.coming) continue;
      page.push(pair);
      if (page.length < PAGE) continue;
      await this.#copyPage(page);
      page = [];
    }
    await this.#copyPage(page);
    await this.#copyWaiting();
  }

  async #copyPage(page: readonly Pair[]): Promise<void> {
    const { signal } = this.#options;
    await inParallel(page, WIDTH, async ({ coming: entry, there }) => {
      signal?.throwIfAborted();
      const { record, problem } = entry!;
      const meter = new Meter(record.size || 0, (bytes) => this.#advance(bytes));
      try {
        if (problem) throw problem;
        const found = await this.#find(entry!, there);
        if (!found.entry) {
          if (!found.isFree) await this.#requireReplaceable(record.path, there);
          return this.#waiting.add({ record, there, isFree: found.isFree, meter });
        }
        await this.#count(record, found.entry);
      } catch (error) {
        this.#omit(record, error);
      }
      meter.finish();
    });
    if (this.#waiting.isFull) await this.#copyWaiting();
  }

  async #find(entry: IndexEntry, there: IndexEntry | undefined): Promise<Found> {
    if (this.#isNew) return { isFree: true };
    const { signal, check = false } = this.#options;
    const known = !check && this.#previous !== undefined && isSame(entry, there);
    return await findInPlace(entry.record, this.#to, { known, signal });
  }

  async #copyWaiting(): Promise<void> {
    const waiting = this.#waiting.take();
    if (waiting.length === 0) return;
    const { link = false, signal } = this.#options;
    await this.#moveConflicting(waiting.map(({ record }) => record.path));
    const together = link ? [] : waiting.filter((missing) => !this.#baseOf(missing));
    const copied = await copyTogether(together, this.#from.bytes, this.#to, signal);
    for (const record of copied) await this.#noteCopy(record);
    const single = waiting.filter(({ record }) => !copied.has(record));
    await inParallel(single, WIDTH, (missing) => this.#copy(missing));
  }

  /** Returns the backup that has the same bytes for an artifact. */
  #baseOf({ record, there }: Missing): ByteStore | undefined {
    return isSame({ record, problem: undefined }, there) ? this.#base?.bytes : undefined;
  }

  async #copy(missing: Missing): Promise<void> {
    const { link = false, signal } = this.#options;
    signal?.throwIfAborted();
    const { record, meter } = missing;
    try {
      const copy = await this.#sharedCopies.copy(
        record,
        (twin) =>
          copyArtifact(record, this.#from, this.#to, {
            link,
            twin,
            base: this.#baseOf(missing),
            signal,
            onProgress: meter.onProgress,
          }),
      );
      if (copy.hash !== record.hash) this.renewed.push(copy);
      await this.#noteCopy(copy, link ? await this.#to.stat(copy.path) : undefined);
    } catch (error) {
      this.#omit(record, error);
      this.unneeded.add(record.path);
    }
    meter.finish();
  }

  async #noteCopy(copy: ArtifactRecord, entry?: ByteEntry): Promise<void> {
    this.copied++;
    this.copiedBytes += copy.size;
    await this.#count(copy, entry);
  }

  /** Throws if a key is occupied by a file that no backup created. */
  async #requireReplaceable(key: string, there: IndexEntry | undefined): Promise<void> {
    if (this.#options.takeOver || there?.record.path === key || this.#leftovers.keys.has(key)) {
      return;
    }
    const found = await statOrUndefined(this.#to, key);
    if (!found || found.kind === "directory") return;
    throw new UnsafePathError(key, "a file that no backup has put there is in its way; move it");
  }

  /** Renames files of the previous backup that occupy paths needed now, and updates its records. */
  async #moveConflicting(keys: readonly string[]): Promise<void> {
    const coming = new Set(keys);
    const isOther = (key: string) => !coming.has(key);
    // Leftovers without a record are removed at once. Keys about to be published are replaced
    // atomically.
    const left = keys.flatMap((key) => this.#leftovers.conflictsWith(key));
    await this.#to.removeAll(left.filter(isOther));
    const previous = this.#previous;
    if (!previous) return;
    const moves = new Map<string, string>();
    for (const key of keys) {
      for (const there of this.#plan.obsolete.conflictsWith(key)) {
        const directory = there.includes("/") ? directoryOf(there) : crypto.randomUUID();
        moves.set(there, moves.get(there) ?? `${directory}/${crypto.randomUUID()}`);
      }
    }
    await previous.notePending([...keys, ...moves.keys(), ...moves.values()]);
    for (const [from, to] of moves) {
      if (!await addName(this.#to, from, to)) moves.delete(from);
    }
    if (moves.size === 0) return;
    await previous.rename(moves);
    for (const [from, to] of moves) this.#plan.obsolete.move(from, to);
    await this.#to.removeAll([...moves.keys()].filter(isOther));
  }

  async #count({ path, size }: ArtifactRecord, entry: ByteEntry | undefined): Promise<void> {
    this.artifacts++;
    this.bytes += size;
    if (!entry || (entry.links ?? 2) < 2) return;
    // The artifact may be damaged in the store, but intact in the backup.
    const source = await this.#from.bytes.stat(path).catch(() => undefined);
    if (source?.identity === entry.identity) this.linked++;
  }

  #omit(artifact: ArtifactRecord, error: unknown): void {
    if (!isArtifactError(error)) throw error;
    this.omitted.push({ artifact, error });
  }

  #advance(bytes: number): void {
    this.#options.onProgress?.({ bytes: this.#done += bytes, total: this.#plan.total });
  }
}

function pairsOf(fresh: Snapshot, other: PreviousSnapshot | undefined): AsyncIterable<Pair> {
  return pairs(fresh.artifacts(), other?.artifacts() ?? none());
}

async function* none(): AsyncGenerator<IndexEntry> {}

function directoryOf(key: string): string {
  return key.split("/", 1)[0]!;
}

/** Publishes bytes under a second key; `false` if they do not exist. */
async function addName(bytes: ByteStore, from: string, to: string): Promise<boolean> {
  if ((await statOrUndefined(bytes, from))?.kind !== "file") return false;
  const opened = await bytes.open(from);
  try {
    const staged = await bytes.copyFrom(opened, { link: { size: opened.size, hash: "" } }) ??
      await bytes.stage(asReader(opened), { mode: opened.mode });
    try {
      await bytes.publish(staged, to);
    } finally {
      await staged.discard();
    }
    return true;
  } finally {
    opened.close();
  }
}
