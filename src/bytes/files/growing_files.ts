/** Growing logs as files: `.staging/logs/<run>/<name>`, locked by the writing process. */
import { builtin } from "../../base/builtin.ts";
import { join } from "@std/path";
import { StorageError } from "../../base/errors.ts";
import { fsError } from "../../base/fs_error.ts";
import { STAGING } from "../../names/names.ts";
import type { StagedBytes } from "../byte_store.ts";
import type {
  GrowingBytes,
  GrowingByteStore,
  GrowingEntry,
  GrowingReader,
} from "../growing_bytes.ts";
import { hashFile } from "../hashing.ts";
import {
  DirectoryMaker,
  removeEmptyDirectories,
  requirePlainDirectories,
  syncDirectory,
} from "./directories.ts";
import { ignoreErrors } from "./cleanup.ts";
import { type Created, lockIfFree, StagedFile } from "./staged_file.ts";

/** Directory of growing logs, below the staging directory. */
export const LOGS = `${STAGING}/logs`;

/** Delay before appended bytes are synced, in milliseconds. */
const SYNC_DELAY = 1000;

/** Growing logs below the root of a store. */
export class GrowingFiles implements GrowingByteStore {
  readonly #root: string;
  readonly #durable: boolean;

  /** Creates a store below the resolved path `root`; `durable` syncs logs to disk. */
  constructor(root: string, durable: boolean) {
    this.#root = root;
    this.#durable = durable;
  }

  async create(runId: string, name: string): Promise<GrowingBytes> {
    const key = keyOf(runId, name);
    const path = join(this.#root, key);
    const what = `log to ${JSON.stringify(name)} of run ${JSON.stringify(runId)}`;
    try {
      for (;;) {
        Deno.mkdirSync(this.#root, { recursive: true });
        new DirectoryMaker(this.#root).make(key);
        // The mode applies to everyone except this descriptor.
        const file = Deno.openSync(path, { createNew: true, read: true, write: true, mode: 0o444 });
        // Another process may take over an abandoned log at this moment.
        if (file.tryLockSync(true) && file.statSync().nlink !== 0) {
          if (this.#durable) await this.#syncDirectories(key);
          return new GrowingFile({ key, path, file, info: file.statSync() }, this.#end(key));
        }
        file.close();
      }
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) {
        throw new StorageError(what, "it is already being written; choose another name", {
          cause: error,
        });
      }
      throw fsError(error, what);
    }
  }

  #end(key: string): { durable: boolean; gone: () => void } {
    return { durable: this.#durable, gone: () => removeEmptyDirectories(this.#root, key) };
  }

  async #syncDirectories(key: string): Promise<void> {
    const segments = key.split("/");
    for (let depth = segments.length - 1; depth > 0; depth--) {
      await syncDirectory(join(this.#root, ...segments.slice(0, depth)));
    }
  }

  async list(runId?: string): Promise<GrowingEntry[]> {
    const entries: GrowingEntry[] = [];
    for (const run of runId === undefined ? namesIn(join(this.#root, LOGS)) : [runId]) {
      for (const name of filesBelow(join(this.#root, LOGS, run))) {
        const entry = await this.#entryOf(run, name);
        if (entry) entries.push(entry);
      }
    }
    return entries;
  }

  async #entryOf(runId: string, name: string): Promise<GrowingEntry | undefined> {
    try {
      const path = join(this.#root, keyOf(runId, name));
      const { size, mtime } = Deno.lstatSync(path);
      const reader = await this.open(runId, name);
      const growing = reader?.isGrowing() ?? false;
      reader?.close();
      return { runId, name, size, changedAt: mtime ?? new Date(), growing };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw fsError(error, `inspect ${JSON.stringify(name)} of run ${JSON.stringify(runId)}`);
    }
  }

  open(runId: string, name: string, start = 0): Promise<GrowingReader | undefined> {
    const file = this.#openPlain(runId, name);
    return Promise.resolve(file && new OpenGrowingFile(file, start));
  }

  /** Opens a file without following links; `undefined` if there is none. */
  #openPlain(runId: string, name: string): Deno.FsFile | undefined {
    const key = keyOf(runId, name);
    const path = join(this.#root, key);
    try {
      requirePlainDirectories(this.#root, key);
      const before = Deno.lstatSync(path);
      if (!before.isFile) return undefined;
      const file = Deno.openSync(path);
      const after = file.statSync();
      if (after.ino === before.ino && after.dev === before.dev) return file;
      file.close();
      return undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw fsError(error, `read ${JSON.stringify(name)} of run ${JSON.stringify(runId)}`);
    }
  }

  async stageAbandoned(runId: string, name: string): Promise<StagedBytes | undefined> {
    const key = keyOf(runId, name);
    const path = join(this.#root, key);
    const found = this.#openPlain(runId, name);
    if (!found) return undefined;
    found.close();
    const file = lockIfFree(path);
    if (!file) return undefined;
    try {
      const info = file.statSync();
      if (info.nlink === 0) return void file.close();
      const digest = await hashFile(file, {}, info.size);
      if (this.#durable) await file.sync();
      const { gone } = this.#end(key);
      return new StagedFile({ key, path, file, info }, digest, { gone, keep: true });
    } catch (error) {
      ignoreErrors(() => file.close());
      throw fsError(error, `read ${JSON.stringify(name)} of run ${JSON.stringify(runId)}`);
    }
  }

  remove(runId: string, name: string): void {
    const key = keyOf(runId, name);
    const path = join(this.#root, key);
    try {
      requirePlainDirectories(this.#root, key);
      using held = lockIfFree(path);
      if (held) Deno.removeSync(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        throw fsError(error, `remove ${JSON.stringify(name)} of run ${JSON.stringify(runId)}`);
      }
    }
    removeEmptyDirectories(this.#root, key);
  }
}

class GrowingFile implements GrowingBytes {
  readonly #created: Created & { file: Deno.FsFile };
  readonly #durable: boolean;
  readonly #gone: () => void;
  readonly #hash = builtin("node:crypto").createHash("sha256");
  #size = 0;
  #failure: Error | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #syncing: Promise<void> = Promise.resolve();

  constructor(
    created: Created & { file: Deno.FsFile },
    { durable, gone }: { durable: boolean; gone: () => void },
  ) {
    this.#created = created;
    this.#durable = durable;
    this.#gone = gone;
  }

  get size(): number {
    return this.#size;
  }

  /** Name of the future artifact, for messages. */
  get #name(): string {
    return JSON.stringify(this.#created.key.slice(LOGS.length + 1).replace(/^[^/]*\//, ""));
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure;
    try {
      for (let at = 0; at < bytes.length;) {
        const count = await this.#created.file.write(bytes.subarray(at));
        this.#hash.update(bytes.subarray(at, at + count));
        this.#size += count;
        at += count;
      }
    } catch (error) {
      throw this.#failure = fsError(
        error,
        `keep more of ${this.#name}`,
      ) as Error;
    }
    if (!this.#durable || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.sync().catch((error) => this.#failure ??= error as Error);
    }, SYNC_DELAY);
  }

  sync(): Promise<void> {
    if (!this.#durable) return Promise.resolve();
    return this.#syncing = this.#syncing.then(async () => {
      try {
        await this.#created.file.syncData();
      } catch (error) {
        throw fsError(error, `sync ${this.#name}`);
      }
    });
  }

  async finish(): Promise<StagedBytes> {
    clearTimeout(this.#timer);
    try {
      await this.sync();
    } catch (error) {
      this.close();
      throw error;
    }
    const digest = { size: this.#size, hash: this.#hash.digest("hex") };
    return new StagedFile(this.#created, digest, { gone: this.#gone, keep: true });
  }

  close(): void {
    clearTimeout(this.#timer);
    const close = () => ignoreErrors(() => this.#created.file.close());
    this.#syncing.then(close, close);
  }
}

class OpenGrowingFile implements GrowingReader {
  readonly #file: Deno.FsFile;
  /** The byte to begin with, until the file is there. */
  #start: number;
  #open = true;

  constructor(file: Deno.FsFile, start: number) {
    this.#file = file;
    this.#start = start;
  }

  async read(into: Uint8Array): Promise<number> {
    if (this.#start > 0) {
      // A file system may refuse to seek far beyond the end.
      if ((await this.#file.stat()).size <= this.#start) return 0;
      await this.#file.seek(this.#start, Deno.SeekMode.Start);
      this.#start = 0;
    }
    return await this.#file.read(into) ?? 0;
  }

  isGrowing(): boolean {
    // A shared lock: several processes may check at the same time.
    if (!this.#file.tryLockSync(false)) return true;
    this.#file.unlockSync();
    return false;
  }

  close(): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }
}

function keyOf(runId: string, name: string): string {
  return `${LOGS}/${runId}/${name}`;
}

function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return [];
    }
    throw fsError(error, `list ${JSON.stringify(directory)}`);
  }
}

/** Yields the paths of regular files below a directory; links are not followed. */
function* filesBelow(directory: string, under = ""): Generator<string> {
  for (const name of namesIn(join(directory, under))) {
    const path = under === "" ? name : `${under}/${name}`;
    let info: Deno.FileInfo;
    try {
      info = Deno.lstatSync(join(directory, path));
    } catch {
      continue; // It was removed meanwhile.
    }
    if (info.isDirectory) yield* filesBelow(directory, path);
    else if (info.isFile) yield path;
  }
}
