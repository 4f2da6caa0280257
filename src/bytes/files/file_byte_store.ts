import { ensureDir } from "@std/fs";
import { dirname, join } from "@std/path";
import { StorageError, UnsafePathError } from "../../base/errors.ts";
import { OWNER, STAGING, unsafePath } from "../../names/names.ts";
import { Gate } from "../../base/gate.ts";
import type {
  ByteReader,
  ByteStore,
  OnFailure,
  OpenBytes,
  StagedBytes,
  StageOptions,
  StoredEntry,
} from "../byte_store.ts";
import {
  DirectoryMaker,
  DirectorySync,
  removeEmptyDirectories,
  removeIfEmpty,
  requirePlainDirectories,
} from "./directories.ts";
import { codeOf, fsError } from "../../base/fs_error.ts";
import { GrowingFiles, LOGS } from "./growing_files.ts";
import type { Digest } from "../digest.ts";
import { stageClone, stageLink, stageShared } from "./stage_existing.ts";
import {
  identityOf,
  lockFile,
  lockIfFree,
  stageCopy,
  type StagedFile,
  stagedState,
  type StageFileOptions,
} from "./staged_file.ts";

/** Files that are staged at a time: as many are open, and as many syncs go on side by side. */
const MAX_STAGED = 128;

/** Codes by which a file system says that it has no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** What staged bytes are called: a UUID, behind that of their batch if they are of one. */
const STAGED = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.(?!$)|$)){1,2}$/;

/** Bytes as plain files below a directory. */
export class FileByteStore implements ByteStore {
  /** Bytes that can be read while they are written. */
  readonly growing: GrowingFiles;
  readonly #root: string;
  readonly #staging: string;
  readonly #durable: boolean;
  readonly #gate = new Gate(MAX_STAGED);
  readonly #directories = new DirectorySync();
  readonly #folders: DirectoryMaker;
  /** Folders known to be durable in the folders above them. */
  readonly #settled = new Set<string>();

  /** Keeps files below `root`, which has been resolved; `durable` syncs them to disk. */
  constructor(root: string, durable: boolean) {
    this.#root = root;
    this.#staging = join(root, STAGING);
    this.#durable = durable;
    this.#folders = new DirectoryMaker(root);
    this.growing = new GrowingFiles(root, durable);
  }

  async stage(source: ByteReader, options: StageOptions): Promise<StagedBytes> {
    try {
      return (await this.#stage(options, (how) => stageCopy(this.#staging, source, how)))!;
    } catch (error) {
      await source.close(error);
      throw error;
    }
  }

  async adopt(path: string, options: StageOptions): Promise<StagedBytes | undefined> {
    return await this.#stage(options, (how) => stageLink(this.#staging, path, how));
  }

  async clone(location: string, options: StageOptions): Promise<StagedBytes> {
    return (await this.#stage(options, (how) => stageClone(this.#staging, location, how)))!;
  }

  async share(
    location: string,
    identity: string,
    digest: Digest,
  ): Promise<StagedBytes | undefined> {
    return await this.#stage({}, ({ onGone }) => {
      return Promise.resolve(stageShared(this.#staging, location, identity, digest, onGone));
    });
  }

  async lock(key: string): Promise<(() => void) | undefined> {
    try {
      await this.#makeStaging();
      return lockFile(this.#staging, key);
    } catch (error) {
      throw fsError(error, `lock ${JSON.stringify(this.#root)}`);
    }
  }

  async #stage(
    options: StageOptions,
    work: (how: StageFileOptions) => Promise<StagedFile | undefined>,
  ): Promise<StagedBytes | undefined> {
    const leave = await this.#gate.enter(options.signal);
    try {
      options.signal?.throwIfAborted();
      await this.#makeStaging();
      const staged = await work({ ...options, durable: this.#durable, onGone: leave });
      if (!staged) leave();
      return staged;
    } catch (error) {
      leave();
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

  async publish(staged: StagedBytes, path: string): Promise<void> {
    await this.#place(path, (target) => {
      const from = fileOf(staged).path;
      try {
        Deno.linkSync(from, target);
      } catch (error) {
        let there = lstat(target);
        // A crash, too, leaves empty folders.
        if (there?.isDirectory && removeIfEmpty(target)) there = undefined;
        if (there?.isDirectory) {
          throw new StorageError(
            `store ${JSON.stringify(path)}`,
            "a directory that is no artifact is in its way; move it elsewhere, or collect it (gc)",
          );
        }
        // With no row, under the write lock: the orphan of a crash. A link cannot fail otherwise
        // where links are known, and renaming is as good where the lock keeps others away.
        const exists = error instanceof Deno.errors.AlreadyExists;
        if (!there && !exists && !NO_LINKS.has(codeOf(error as Error) ?? "")) throw error;
        Deno.renameSync(from, target);
      }
    });
  }

  async replace(staged: StagedBytes, path: string): Promise<void> {
    await this.#place(path, (target) => Deno.renameSync(fileOf(staged).path, target));
  }

  /** Puts an entry into the directory it belongs in, and makes it durable with all above it. */
  async #place(path: string, enter: (target: string) => void): Promise<void> {
    try {
      const target = this.locate(path);
      const folders = this.#folders.make(path);
      enter(target);
      if (!this.#durable) return;
      const fresh = folders.filter(({ id, made }) => made || !this.#settled.has(id));
      await Promise.all([
        this.#directories.sync(dirname(target)),
        ...fresh.map((folder) => this.#directories.sync(dirname(folder.path))),
      ]);
      for (const { id } of fresh) this.#settled.add(id);
    } catch (error) {
      throw fsError(error, `store ${JSON.stringify(path)}`);
    }
  }

  async keepStaged(): Promise<void> {
    if (this.#durable) await this.#directories.sync(this.#staging);
  }

  stagedState(key: string): "absent" | "abandoned" | "in use" {
    if (!STAGED.test(key) || !lstat(this.#staging)?.isDirectory) return "absent";
    return stagedState(this.#staging, key);
  }

  dropStaged(key: string): void {
    if (this.stagedState(key) === "abandoned") Deno.removeSync(join(this.#staging, key));
  }

  async open(path: string): Promise<OpenBytes> {
    const target = this.locate(path);
    requirePlainDirectories(this.#root, path);
    const before = Deno.lstatSync(target);
    if (!before.isFile) throw new UnsafePathError(path, "it is not a regular file");
    // At once: an artifact that is replaced all the time is read too.
    const file = Deno.openSync(target);
    const after = file.statSync();
    if (after.ino !== before.ino || after.dev !== before.dev) {
      // Replaced meanwhile: by another artifact's bytes, or by something that leads elsewhere.
      file.close();
      return await this.open(path);
    }
    return new OpenFile(file, after.size);
  }

  remove(path: string): void {
    const target = this.locate(path);
    try {
      requirePlainDirectories(this.#root, path);
      if (!lstat(target)?.isDirectory) Deno.removeSync(target);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        throw fsError(error, `remove the bytes of ${JSON.stringify(path)}`);
      }
    }
    removeEmptyDirectories(this.#root, path);
  }

  holds(staged: StagedBytes, path: string): boolean {
    return fileOf(staged).isAt(this.locate(path));
  }

  look(path: string): StoredEntry | undefined {
    try {
      const target = this.locate(path);
      requirePlainDirectories(this.#root, path);
      return entryOf(path, Deno.lstatSync(target));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw fsError(error, `look at ${JSON.stringify(path)}`);
    }
  }

  *entries(under = "", onFailure?: OnFailure): Generator<StoredEntry> {
    const fail = (path: string, error: unknown, action: string) => {
      const failure = fsError(error, `${action} ${JSON.stringify(path || this.#root)}`);
      // Without its own directory, there is nothing that could follow.
      if (!onFailure || path === "") throw failure;
      onFailure(path, failure as Error);
    };
    let names: Deno.DirEntry[];
    try {
      names = [...Deno.readDirSync(join(this.#root, under))];
    } catch (error) {
      // It went away meanwhile, or no artifact has been stored yet.
      if (error instanceof Deno.errors.NotFound) return;
      return fail(under, error, "list");
    }
    for (const { name } of names) {
      const path = under === "" ? name : `${under}/${name}`;
      let info: Deno.FileInfo | undefined;
      try {
        info = lstat(join(this.#root, path));
      } catch (error) {
        fail(path, error, "look at");
      }
      if (!info || path === LOGS) continue; // Growing bytes have a list of their own.
      if (info.isDirectory) yield* this.entries(path, onFailure);
      if (path !== STAGING && path !== `${STAGING}/${OWNER}`) yield entryOf(path, info);
    }
  }

  isThere({ path, kind, identity }: StoredEntry): boolean {
    try {
      requirePlainDirectories(this.#root, path);
      const now = entryOf(path, Deno.lstatSync(join(this.#root, path)));
      return now.identity === identity && now.kind === kind;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw fsError(error, `look at ${JSON.stringify(path)}`);
    }
  }

  collect(entry: StoredEntry): boolean {
    const path = join(this.#root, entry.path);
    try {
      // One that its writer has made just now must not be locked by them between look and removal.
      using held = isStaged(entry) ? lockIfFree(path) : undefined;
      if (isStaged(entry) && !held || !this.isThere(entry)) return false;
      Deno.removeSync(path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw fsError(error, `remove ${JSON.stringify(entry.path)}`);
    }
  }

  locate(path: string): string {
    const reason = unsafePath(path);
    if (reason !== undefined) throw new UnsafePathError(path, reason);
    return join(this.#root, path);
  }
}

function entryOf(path: string, info: Deno.FileInfo): StoredEntry {
  const kind = info.isFile
    ? "file"
    : info.isDirectory
    ? "folder"
    : info.isSymlink
    ? "link"
    : "other";
  // A file is written before it is linked to its name; the change of its links tells of that.
  const since = new Date(Math.max(info.mtime?.getTime() ?? 0, info.ctime?.getTime() ?? 0));
  const size = info.isFile ? info.size : 0;
  return { path, kind, size, since, identity: identityOf(info) };
}

function isStaged({ path, kind }: StoredEntry): boolean {
  const [folder, ...key] = path.split("/");
  return kind === "file" && folder === STAGING && STAGED.test(key.join("/"));
}

/** What this store stages are files. */
function fileOf(staged: StagedBytes): StagedFile {
  return staged as StagedFile;
}

class OpenFile implements OpenBytes {
  readonly size: number;
  readonly #file: Deno.FsFile;
  #open = true;

  constructor(file: Deno.FsFile, size: number) {
    this.#file = file;
    this.size = size;
  }

  async read(into: Uint8Array): Promise<number> {
    return await this.#file.read(into) ?? 0;
  }

  async seek(position: number): Promise<void> {
    await this.#file.seek(position, Deno.SeekMode.Start);
  }

  close(): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }
}

function lstat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
