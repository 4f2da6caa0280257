/** Files staged in a tree with their final layout, and published directory by directory. */
import { dirname, join } from "@std/path";
import { UnsafePathError } from "../../base/errors.ts";
import { fsError } from "../../base/fs_error.ts";
import type { Gate } from "../../base/gate.ts";
import { inParallel } from "../../base/in_parallel.ts";
import { unsafePath } from "../../names/names.ts";
import type {
  BatchOptions,
  ByteBatch,
  ByteReader,
  PublishOptions,
  StagedBytes,
  StageOptions,
} from "../byte_store.ts";
import { hashCopy } from "../hashing.ts";
import { syncDirectory } from "./directories.ts";
import { ignoreErrors, removeAndClose } from "./cleanup.ts";
import { identityOf } from "./lstat.ts";
import type { Publisher } from "./publisher.ts";
import { lockFile } from "./staged_file.ts";
import { type FileSystemSync, openFileSystem } from "./sync_file_system.ts";
import { TreeFile } from "./tree_file.ts";

/** Minimum number of files for syncing the whole file system instead of each file. */
const MANY = 64;

/** Minimum size, in bytes, of files that are synced individually while others are staged. */
const LARGE = 1024 * 1024;

/** Number of directories synced in parallel. */
const WIDTH = 32;

/** Environment of a store's batches. */
export interface BatchPlace {
  /** Absolute path of the store's directory. */
  readonly root: string;
  /** Absolute path of its staging directory. */
  readonly staging: string;
  /** Whether bytes are synced to disk. */
  readonly durable: boolean;
  /** Limits the number of open files. */
  readonly gate: Gate;
  /** Publishes staged files. */
  readonly publisher: Publisher;
}

/** A batch of files. One lock shows other processes that all of them are in use. */
export class FileBatch implements ByteBatch {
  readonly #place: BatchPlace;
  readonly #key: string;
  readonly #tree: string;
  readonly #unlock: () => void;
  readonly #directories = new Set<string>();
  readonly #files = new Map<string, TreeFile>();
  readonly #syncs = new Set<Promise<void>>();
  readonly #fileSystem: FileSystemSync | undefined;
  #failure: unknown;

  /** Creates the tree in an existing staging directory. */
  constructor(place: BatchPlace, { count }: BatchOptions) {
    this.#place = place;
    const batch = crypto.randomUUID();
    this.#key = `${batch}.${crypto.randomUUID()}`;
    this.#tree = join(place.staging, this.#key);
    this.#unlock = lockFile(place.staging, batch)!; // The name is unique.
    try {
      Deno.mkdirSync(this.#tree);
    } catch (error) {
      this.#unlock();
      throw error;
    }
    this.#directories.add(this.#tree);
    this.#fileSystem = place.durable && count >= MANY ? openFileSystem(this.#tree) : undefined;
  }

  async stage(source: ByteReader, key: string, options: StageOptions): Promise<StagedBytes> {
    const release = await this.#place.gate.enter(options.signal).catch(async (error) => {
      await source.close(error);
      throw error;
    });
    let file: Deno.FsFile | undefined;
    const path = join(this.#tree, key);
    try {
      options.signal?.throwIfAborted();
      const reason = unsafePath(key);
      if (reason !== undefined) throw new UnsafePathError(key, reason);
      this.#makeDirectory(dirname(path));
      const mode = (options.mode ?? source.mode ?? 0o444) & 0o555;
      file = Deno.openSync(path, { createNew: true, write: true, mode });
      const identity = identityOf(file.statSync());
      const digest = await hashCopy(source, file, options);
      await source.close(); // Throws if the source has changed.
      const staged = new TreeFile({ key: `${this.#key}/${key}`, path, identity }, digest);
      this.#files.set(key, staged);
      this.#sync(file, digest.size, release);
      return staged;
    } catch (error) {
      if (file) removeAndClose(path, file);
      await source.close(error);
      release();
      const what = JSON.stringify(options.name ?? key);
      throw fsError(error, `store ${what} in ${JSON.stringify(this.#place.root)}`);
    }
  }

  #makeDirectory(path: string): void {
    if (this.#directories.has(path)) return;
    this.#makeDirectory(dirname(path));
    Deno.mkdirSync(path);
    this.#directories.add(path);
  }

  /** Syncs a file, unless all are synced together, and closes it while further ones are staged. */
  #sync(file: Deno.FsFile, size: number, release: () => void): void {
    const done = () => {
      ignoreErrors(() => file.close());
      release();
    };
    if (!this.#place.durable || this.#fileSystem && size <= LARGE) return done();
    const syncing: Promise<void> = file.syncData()
      .catch((error) => void (this.#failure ??= error))
      .finally(() => {
        done();
        this.#syncs.delete(syncing);
      });
    this.#syncs.add(syncing);
  }

  async sync(): Promise<void> {
    try {
      await Promise.all(this.#syncs);
      if (this.#failure !== undefined) throw this.#failure;
      if (!this.#place.durable || await this.#fileSystem?.sync()) return;
      // An error of the whole file system may belong to a file outside this batch.
      if (this.#fileSystem) {
        await inParallel(this.#files.values(), WIDTH, ({ path }) => syncFile(path));
      }
      await inParallel(this.#directories, WIDTH, syncDirectory);
    } catch (error) {
      throw fsError(error, `store bytes in ${JSON.stringify(this.#place.root)}`);
    }
  }

  async publish(keys: Iterable<string>, options: PublishOptions = {}): Promise<void> {
    const files = new Map(Array.from(keys, (key) => [key, this.#files.get(key)!]));
    this.#removeUnneeded(files.values());
    await this.#place.publisher.publishTree(this.#tree, files, options);
  }

  /** Removes the directories of discarded files, which would otherwise be published empty. */
  #removeUnneeded(files: Iterable<TreeFile>): void {
    const needed = new Set<string>([this.#tree]);
    for (const { path } of files) {
      for (let at = dirname(path); !needed.has(at); at = dirname(at)) needed.add(at);
    }
    for (const directory of [...this.#directories].reverse()) {
      if (!needed.has(directory)) ignoreErrors(() => Deno.removeSync(directory));
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#syncs);
    this.#fileSystem?.close();
    // Files published by a link still have their staged name.
    ignoreErrors(() => Deno.removeSync(this.#tree, { recursive: true }));
    this.#unlock();
  }
}

async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path);
  await file.syncData();
}
