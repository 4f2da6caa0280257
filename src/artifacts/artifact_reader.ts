import { builtin } from "../base/builtin.ts";
import { join } from "@std/path";
import {
  ArtifactNotFoundError,
  IntegrityError,
  InvalidOptionError,
  StorageError,
} from "../base/errors.ts";
import type { ByteRange, ByteReader, ByteStore, OpenBytes, Progress } from "../bytes/byte_store.ts";
import { codeOf, fsError } from "../base/fs_error.ts";
import { hashCopy } from "../bytes/hashing.ts";
import { parentDirectory } from "../base/directory.ts";
import { isBelow, toPath } from "../base/path.ts";
import type { ArtifactIndex, ArtifactRecord } from "../metadata/artifact_index.ts";
import { describedBy } from "./described_by.ts";

/** Bytes that a stream gives at a time. */
const STREAM_CHUNK = 256 * 1024;

/** How often a row is read again when the bytes found do not fit it. */
const MAX_TRIES = 100;

/** How to read an artifact. */
export interface ReadOptions extends ByteRange {
  /**
   * Whether to check the hash while reading, which takes all bytes and so excludes a range.
   *
   * @default {false}
   */
  readonly verify?: boolean;
  /** Stops the reading. */
  readonly signal?: AbortSignal;
}

/** How to save an artifact to a file. */
export interface SaveOptions {
  /** Stops the saving; no file appears then. */
  readonly signal?: AbortSignal;
  /** Told of the bytes written so far. */
  readonly onProgress?: (progress: Progress) => void;
}

/** A row and the bytes that it describes. */
export interface OpenArtifact {
  /** The row. */
  readonly record: ArtifactRecord;
  /** Its bytes. */
  readonly bytes: OpenBytes;
}

/** Reads artifacts: the row and bytes that belong together, whatever happens meanwhile. */
export class ArtifactReader {
  readonly #index: ArtifactIndex;
  readonly #bytes: ByteStore;
  /** Directory of the store's own files, which nothing may be saved into. */
  readonly #root: string | undefined;

  /** Reads through `index` and `bytes`. */
  constructor(index: ArtifactIndex, bytes: ByteStore, root: string | undefined) {
    this.#index = index;
    this.#bytes = bytes;
    this.#root = root;
  }

  /** Absolute path of the file; `undefined` where bytes are kept otherwise. */
  filePath(key: string): string | undefined {
    return this.#bytes.filePath?.(key);
  }

  /** URL by which anyone can read the bytes for a while; `undefined` where there can be none. */
  async presign(record: ArtifactRecord, seconds: number): Promise<string | undefined> {
    // One that was replaced since may have another path.
    const now = (await this.#index.byId(record.id))?.record ?? record;
    const { path, name, contentType } = now;
    const fileName = name.slice(name.lastIndexOf("/") + 1);
    return await this.#bytes.presign?.(path, { seconds, contentType, fileName });
  }

  /** URL of the bytes. */
  url(key: string): string {
    return this.#bytes.url(key);
  }

  /** Opens the bytes of an artifact, or a range of them, together with the record of them. */
  async open(id: string, range?: ByteRange): Promise<OpenArtifact> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await this.#tryOpen(id, range);
      if (!found) continue;
      const { record, bytes } = found;
      if (bytes.size === record.size) return found;
      bytes.close();
      throw new IntegrityError(
        record.name,
        `its file has ${bytes.size} bytes where ${record.size} were stored; restore it from a backup`,
        record.size,
        bytes.size,
      );
    }
    throw new StorageError(`read artifact ${JSON.stringify(id)}`, "it is replaced all the time");
  }

  /** `undefined` where record and bytes changed between the looks at them. */
  async #tryOpen(id: string, range?: ByteRange): Promise<OpenArtifact | undefined> {
    const entry = await this.#index.byId(id);
    if (!entry) throw new ArtifactNotFoundError({ id });
    if (entry.problem) throw entry.problem;
    const { record } = entry;
    const bytes = await this.#openBytes(record, range);
    if (!bytes) return undefined;
    // New bytes have taken the place of the old, and the record does not say so yet.
    if (bytes.note?.artifactId === id) return { record: describedBy(record, bytes.note), bytes };
    const again = await this.#index.byId(id);
    if (again && sameContents(again.record, record)) return { record, bytes };
    bytes.close();
    return undefined;
  }

  /** `undefined` where they cannot be opened because the artifact is gone. */
  async #openBytes(record: ArtifactRecord, range?: ByteRange): Promise<OpenBytes | undefined> {
    try {
      return await this.#bytes.open(record.path, range);
    } catch (error) {
      // Of an artifact that is gone, the path may be another's directory by now; one that was replaced
      // may have another path.
      const again = await this.#index.byId(record.id);
      if (again?.record.path !== record.path) return undefined;
      if (!(error instanceof Deno.errors.NotFound)) {
        throw fsError(error, `read ${JSON.stringify(record.name)}`);
      }
      throw new IntegrityError(
        record.name,
        "its file is missing; restore it from a backup, or remove the artifact",
        record.size,
        null,
        { cause: error },
      );
    }
  }

  /** Bytes as a stream; `open` is called when it is first read. */
  stream(
    open: () => Promise<OpenArtifact>,
    options: ReadOptions,
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    let chunks: AsyncGenerator<Uint8Array<ArrayBuffer>> | undefined;
    return new ReadableStream({
      async pull(controller) {
        chunks ??= readChunks(await open(), options);
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks?.return(undefined);
      },
    }, { highWaterMark: 0 });
  }

  /** Bytes in memory. */
  async bytes(opened: OpenArtifact, options: ReadOptions): Promise<Uint8Array<ArrayBuffer>> {
    const { start, end } = rangeOf(opened, options);
    const all = new Uint8Array(end - start);
    let at = 0;
    for await (const chunk of readChunks(opened, options, all)) at += chunk.length;
    return all.subarray(0, at);
  }

  /** Bytes in a file of the caller's. */
  async save(
    { record, bytes }: OpenArtifact,
    to: string | URL,
    options: SaveOptions,
  ): Promise<void> {
    const action = `save ${JSON.stringify(record.name)} to ${JSON.stringify(String(to))}`;
    let part: string | undefined;
    try {
      const path = toPath(to);
      const directory = await parentDirectory(path, action);
      if (isBelow(path, this.#root) || isBelow(directory, this.#root)) {
        throw new InvalidOptionError(
          `Cannot save to ${JSON.stringify(path)}: it lies in the artifact directory`,
        );
      }
      part = join(directory, `.${crypto.randomUUID()}.part`);
      const mode = 0o666 | (bytes.mode ?? 0) & 0o111;
      using file = await Deno.open(part, { createNew: true, write: true, mode });
      const digest = await hashCopy(asReader(bytes), file, options);
      requireHash(record, digest.hash);
      await file.syncData();
      await Deno.rename(part, path);
      part = undefined;
    } catch (error) {
      if (error instanceof Error && codeOf(error) === "EISDIR") {
        throw new StorageError(action, "it is a directory; name a file in it", { cause: error });
      }
      throw fsError(error, action);
    } finally {
      bytes.close();
      if (part !== undefined) await Deno.remove(part).catch(() => {});
    }
  }
}

/** The bytes of a range, chunk by chunk; into one array, where it is given. Closes them at last. */
export async function* readChunks(
  opened: OpenArtifact,
  options: ReadOptions,
  all?: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { record, bytes } = opened;
  const { verify = false, signal } = options;
  try {
    const { start, end } = rangeOf(opened, options);
    const hash = verify ? builtin("node:crypto").createHash("sha256") : undefined;
    if (start > 0) await bytes.seek(start);
    if (start === end) requireHash(record, hash?.digest("hex"));
    for (let at = start; at < end;) {
      signal?.throwIfAborted();
      const room = all?.subarray(at - start) ??
        new Uint8Array(Math.min(STREAM_CHUNK, end - at));
      const count = await bytes.read(room);
      if (count === 0) {
        throw new IntegrityError(record.name, "its file was cut short", record.size, at);
      }
      const chunk = room.subarray(0, count);
      hash?.update(chunk);
      at += count;
      if (at === end) requireHash(record, hash?.digest("hex"));
      yield chunk;
    }
  } catch (error) {
    throw fsError(error, `read ${JSON.stringify(record.name)}`);
  } finally {
    bytes.close();
  }
}

function rangeOf({ bytes }: OpenArtifact, options: ReadOptions): { start: number; end: number } {
  const { start = 0, verify } = options;
  const { end = Math.max(start, bytes.size) } = options;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    bytes.close();
    throw new InvalidOptionError(
      `Cannot read bytes ${start} to ${end}: both must be whole numbers, 0 <= start <= end`,
    );
  }
  if (verify && (start > 0 || end < bytes.size)) {
    bytes.close();
    throw new InvalidOptionError("Cannot verify a range: the hash is of all bytes");
  }
  return { start: Math.min(start, bytes.size), end: Math.min(end, bytes.size) };
}

function requireHash(record: ArtifactRecord, found: string | undefined): void {
  if (found === undefined || found === record.hash) return;
  throw new IntegrityError(
    record.name,
    `its bytes have the SHA-256 ${found.slice(0, 12)}… where ${record.hash.slice(0, 12)}… was ` +
      "stored; restore it from a backup",
    record.hash,
    found,
  );
}

function sameContents(a: ArtifactRecord, b: ArtifactRecord): boolean {
  return a.hash === b.hash && a.path === b.path && a.createdAt.getTime() === b.createdAt.getTime();
}

/** Opened bytes as a source that can be staged. */
export function asReader(bytes: OpenBytes): ByteReader {
  return {
    size: bytes.size,
    read: (into) => bytes.read(into),
    close: () => Promise.resolve(bytes.close()),
  };
}
