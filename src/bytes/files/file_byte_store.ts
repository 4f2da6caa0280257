import { ensureDir } from "@std/fs";
import { join, toFileUrl } from "@std/path";
import { yieldToEventLoop } from "../../base/async.ts";
import { UnsafePathError } from "../../base/errors.ts";
import { codeOf, fsError } from "../../base/fs_error.ts";
import { Gate } from "../../base/gate.ts";
import { STAGING, unsafePath } from "../../names/names.ts";
import type {
  BatchOptions,
  ByteBatch,
  ByteEntry,
  ByteRange,
  ByteReader,
  ByteStore,
  ByteStoreCheck,
  CopyOptions,
  Hasher,
  ListOptions,
  OpenBytes,
  PublishOptions,
  ReplacementNote,
  StagedBytes,
  StageOptions,
} from "../byte_store.ts";
import type { Digest } from "../digest.ts";
import { hashFile } from "../hashing.ts";
import { checkDirectory } from "./check_directory.ts";
import { removeEmptyDirectories, requirePlainDirectories } from "./directories.ts";
import { FileBatch } from "./file_batch.ts";
import { FileHasher } from "./file_hasher.ts";
import { GrowingFiles } from "./growing_files.ts";
import { EntryLister } from "./list_entries.ts";
import { ignoreErrors } from "./cleanup.ts";
import { lstat } from "./lstat.ts";
import { OpenFile, openPublished } from "./open_file.ts";
import { Publisher } from "./publisher.ts";
import { ReplacementNotes } from "./replacement_notes.ts";
import { stageClone, stageShared } from "./stage_existing.ts";
import { recoverMoves, stageMove } from "./stage_move.ts";
import {
  isInUse,
  lockFile,
  lockIfFree,
  stageCopy,
  type StagedFile,
  type StageFileOptions,
} from "./staged_file.ts";

/** Maximum number of files staged in parallel, which bounds open files and concurrent syncs. */
const MAX_STAGED = 128;

/** Number of entries listed per turn of the event loop. */
const ENTRIES_A_TURN = 1000;

/** Byte store of plain files below a directory. */
export class FileByteStore implements ByteStore {
  /** Bytes that can be read while they grow. */
  readonly growing: GrowingFiles;
  readonly canShare = true;
  readonly #root: string;
  readonly #staging: string;
  readonly #durable: boolean;
  readonly #gate = new Gate(MAX_STAGED);
  readonly #publisher: Publisher;
  readonly #notes: ReplacementNotes;
  readonly #lister: EntryLister;

  /** Creates a store below the resolved path `root`; `durable` syncs files to disk. */
  constructor(root: string, durable: boolean) {
    this.#root = root;
    this.#staging = join(root, STAGING);
    this.#durable = durable;
    this.#publisher = new Publisher(root, durable);
    this.growing = new GrowingFiles(root, durable);
    this.#notes = new ReplacementNotes(this.#staging, durable);
    this.#lister = new EntryLister(root);
  }

  async stage(source: ByteReader, options: StageOptions): Promise<StagedBytes> {
    try {
      return (await this.#stage(options, (how) => stageCopy(this.#staging, source, how)))!;
    } catch (error) {
      await source.close(error);
      throw error;
    }
  }

  async stageMove(path: string, options: StageOptions): Promise<StagedBytes | undefined> {
    return await this.#stage(options, (how) => stageMove(this.#staging, path, how));
  }

  async copyFrom(opened: OpenBytes, options: CopyOptions): Promise<StagedBytes | undefined> {
    if (!(opened instanceof OpenFile)) return undefined;
    const { link, signal } = options;
    if (!link) {
      return await this.#stage(options, (how) => stageClone(this.#staging, opened.path, how));
    }
    // The caller may already hold a slot of the gate, and must not wait for another.
    try {
      signal?.throwIfAborted();
      await this.#makeStaging();
      return stageShared(this.#staging, opened, link);
    } catch (error) {
      throw fsError(error, `share ${JSON.stringify(opened.path)}`);
    }
  }

  async lease(key: string): Promise<(() => Promise<void>) | undefined> {
    try {
      await this.#makeStaging();
      const release = lockFile(this.#staging, key);
      return release && (() => Promise.resolve(release()));
    } catch (error) {
      throw fsError(error, `lock ${JSON.stringify(this.#root)}`);
    }
  }

  async #stage(
    options: StageOptions,
    work: (how: StageFileOptions) => Promise<StagedFile | undefined>,
  ): Promise<StagedBytes | undefined> {
    const release = await this.#gate.enter(options.signal);
    try {
      options.signal?.throwIfAborted();
      await this.#makeStaging();
      const staged = await work({ ...options, durable: this.#durable, onGone: release });
      if (!staged) release();
      return staged;
    } catch (error) {
      release();
      const what = options.name === undefined ? "bytes" : JSON.stringify(options.name);
      throw fsError(error, `store ${what} in ${JSON.stringify(this.#root)}`);
    }
  }

  async #makeStaging(): Promise<void> {
    try {
      if (Deno.lstatSync(this.#staging).isDirectory) return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      await ensureDir(this.#staging);
      return;
    }
    throw new UnsafePathError(STAGING, "it is not a directory; move it elsewhere");
  }

  async batch(options: BatchOptions): Promise<ByteBatch> {
    try {
      await this.#makeStaging();
      return new FileBatch({
        root: this.#root,
        staging: this.#staging,
        durable: this.#durable,
        gate: this.#gate,
        publisher: this.#publisher,
      }, options);
    } catch (error) {
      throw fsError(error, `store bytes in ${JSON.stringify(this.#root)}`);
    }
  }

  async publish(staged: StagedBytes, key: string, options: PublishOptions = {}): Promise<void> {
    await this.#publisher.publish(fileOf(staged), this.#locate(key), key, options);
  }

  async replace(staged: StagedBytes, key: string, note?: ReplacementNote): Promise<string> {
    const file = fileOf(staged);
    try {
      if (note) file.keepNote(await this.#notes.write({ key, staged: file.key, note }));
    } catch (error) {
      throw fsError(error, `store ${JSON.stringify(key)}`);
    }
    await this.#publisher.replace(file, this.#locate(key), key);
    return key;
  }

  async recoverReplacements(finish: (note: ReplacementNote) => Promise<void>): Promise<void> {
    try {
      for (const { stored, held } of this.#notes.abandoned()) {
        try {
          if (stored && await this.#hasContent(stored.key, stored.note)) await finish(stored.note);
          held.remove();
          if (stored) this.#dropStaged(stored.staged);
        } finally {
          held.release();
        }
      }
    } catch (error) {
      throw fsError(error, "recover interrupted replacements");
    }
  }

  async recoverMoves(isNamed: (key: string) => Promise<boolean>): Promise<void> {
    try {
      await recoverMoves(this.#root, this.#staging, isNamed);
    } catch (error) {
      throw fsError(error, "recover interrupted moves");
    }
  }

  /** Whether the bytes at a key have this size and hash. */
  async #hasContent(key: string, { size, hash }: Digest): Promise<boolean> {
    try {
      const opened = this.#openFile(key);
      try {
        return opened.size === size && (await hashFile(opened, {}, size)).hash === hash;
      } finally {
        opened.close();
      }
    } catch (error) {
      // The bytes are missing, or their path is taken by something else.
      if (error instanceof Deno.errors.NotFound || error instanceof UnsafePathError) return false;
      throw error;
    }
  }

  open(key: string, range?: ByteRange): Promise<OpenBytes> {
    return Promise.resolve().then(() => {
      const opened = this.#openFile(key, undefined, range);
      const noted = this.#notes.read(key);
      // While the new bytes are still staged, the opened ones are old; if they are not, bytes
      // opened from now on are new.
      if (!noted || lstat(join(this.#staging, noted.staged))) return opened;
      opened.close();
      const renewed = this.#openFile(key, noted.note, range);
      const again = this.#notes.read(key);
      if (again?.staged === noted.staged) return renewed;
      renewed.close();
      return this.open(key, range);
    });
  }

  #openFile(key: string, note?: ReplacementNote, range?: ByteRange): OpenFile {
    const path = this.#locate(key);
    requirePlainDirectories(this.#root, key);
    const file = openPublished(path, key);
    try {
      // A parent directory may have been swapped for a link meanwhile.
      requirePlainDirectories(this.#root, key);
      return new OpenFile(file, path, note, range);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  stat(key: string): Promise<ByteEntry | undefined> {
    return Promise.resolve().then(() => {
      try {
        this.#locate(key);
        requirePlainDirectories(this.#root, key);
        return this.#lister.stat(key);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw fsError(error, `inspect ${JSON.stringify(key)}`);
      }
    });
  }

  async *list(prefix = "", options: ListOptions = {}): AsyncGenerator<ByteEntry> {
    let count = 0;
    for (const entry of this.#lister.list(prefix, options)) {
      if (++count % ENTRIES_A_TURN === 0) await yieldToEventLoop();
      yield entry;
    }
  }

  refresh({ key, kind, identity }: ByteEntry): Promise<ByteEntry | undefined> {
    return Promise.resolve().then(() => {
      try {
        requirePlainDirectories(this.#root, key);
        const now = this.#lister.stat(key);
        return now?.identity === identity && now.kind === kind ? now : undefined;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw fsError(error, `inspect ${JSON.stringify(key)}`);
      }
    });
  }

  removeAll(keys: readonly string[]): Promise<Error[]> {
    const failures: Error[] = [];
    for (const key of keys) {
      try {
        this.#remove(key);
      } catch (error) {
        failures.push(error as Error);
      }
    }
    return Promise.resolve(failures);
  }

  removeEntry(entry: ByteEntry): Promise<boolean> {
    return Promise.resolve().then(async () => {
      if (entry.state === "foreign") return false;
      const path = join(this.#root, entry.key);
      const staged = entry.kind === "file" && entry.key.startsWith(`${STAGING}/`);
      let held: Deno.FsFile | undefined;
      try {
        // A file just created by its writer must not be locked between inspection and removal.
        if (staged) {
          const name = entry.key.slice(STAGING.length + 1);
          if (isInUse(this.#staging, name)) return false;
          held = lockIfFree(path);
          if (!held) return false;
        }
        if (!await this.refresh(entry)) return false;
        Deno.removeSync(path);
        return true;
      } catch (error) {
        const isFull = entry.kind === "directory" && codeOf(error as Error) === "ENOTEMPTY";
        if (error instanceof Deno.errors.NotFound || isFull) return false;
        throw fsError(error, `remove ${JSON.stringify(entry.key)}`);
      } finally {
        held?.close();
      }
    });
  }

  isPublished(staged: StagedBytes, key: string): Promise<boolean> {
    return Promise.resolve().then(() => fileOf(staged).isAt(this.#locate(key)));
  }

  hasher(bytes: number, signal: AbortSignal): Hasher {
    return new FileHasher(bytes, signal, (key) => {
      const path = this.#locate(key);
      requirePlainDirectories(this.#root, key);
      return path;
    });
  }

  check(): Promise<ByteStoreCheck> {
    return checkDirectory(this.#root, this.#staging, () => this.#makeStaging());
  }

  url(key: string): string {
    return toFileUrl(this.#locate(key)).href;
  }

  filePath(key: string): string {
    return this.#locate(key);
  }

  #locate(key: string): string {
    const reason = unsafePath(key);
    if (reason !== undefined) throw new UnsafePathError(key, reason);
    return join(this.#root, key);
  }

  #dropStaged(key: string): void {
    if (!lstat(this.#staging)?.isDirectory || isInUse(this.#staging, key)) return;
    ignoreErrors(() => Deno.removeSync(join(this.#staging, key)));
  }

  #remove(key: string): void {
    const target = this.#locate(key);
    try {
      requirePlainDirectories(this.#root, key);
      if (!lstat(target)?.isDirectory) Deno.removeSync(target);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        throw fsError(error, `remove the bytes of ${JSON.stringify(key)}`);
      }
    }
    removeEmptyDirectories(this.#root, key);
  }
}

/** Casts staged bytes: this store only stages files. */
function fileOf(staged: StagedBytes): StagedFile {
  return staged as StagedFile;
}
