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

/** Size of a stream's chunks, in bytes. */
const STREAM_CHUNK = 256 * 1024;

/** Maximum number of retries if record and bytes do not match. */
const MAX_TRIES = 100;

/** Options for reading an artifact. */
export interface ReadOptions extends ByteRange {
  /**
   * Whether to verify the hash while reading. Requires reading all bytes, so it excludes a range.
   *
   * @default {false}
   */
  readonly verify?: boolean;
  /** Stops reading. */
  readonly signal?: AbortSignal;
}

/** Options for {@linkcode Artifact.saveTo}. */
export interface SaveOptions {
  /** Stops the copy; no file is created then. */
  readonly signal?: AbortSignal;
  /** Called with the number of bytes written. */
  readonly onProgress?: (progress: Progress) => void;
}

/** A record with the bytes it describes. */
export interface OpenArtifact {
  /** The record. */
  readonly record: ArtifactRecord;
  /** Its bytes. */
  readonly bytes: OpenBytes;
}

/** Reads artifacts. Returns records and bytes that match, even during replacements. */
export class ArtifactReader {
  readonly #index: ArtifactIndex;
  readonly #bytes: ByteStore;
  /** Artifact directory; saving into it is rejected. */
  readonly #root: string | undefined;

  /** Creates a reader of `index` and `bytes`. */
  constructor(index: ArtifactIndex, bytes: ByteStore, root: string | undefined) {
    this.#index = index;
    this.#bytes = bytes;
    this.#root = root;
  }

  /** Returns the absolute path of the file; `undefined` if the bytes are not a file. */
  filePath(key: string): string | undefined {
    return this.#bytes.filePath?.(key);
  }

  /** Returns a temporary URL of the bytes; `undefined` if the byte store has none. */
  async presign(record: ArtifactRecord, seconds: number): Promise<string | undefined> {
    // One that was replaced since may have another path.
    const now = (await this.#index.byId(record.id))?.record ?? record;
    const { path, name, contentType } = now;
    const fileName = name.slice(name.lastIndexOf("/") + 1);
    return await this.#bytes.presign?.(path, { seconds, contentType, fileName });
  }

  /** Returns the URL of the bytes. */
  url(key: string): string {
    return this.#bytes.url(key);
  }

  /** Opens the bytes of an artifact, or a range, together with their record. */
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

  /** Returns `undefined` if record and bytes changed between reading one and the other. */
  async #tryOpen(id: string, range?: ByteRange): Promise<OpenArtifact | undefined> {
    const entry = await this.#index.byId(id);
    if (!entry) throw new ArtifactNotFoundError({ id });
    if (entry.problem) throw entry.problem;
    const { record } = entry;
    const bytes = await this.#openBytes(record, range);
    if (!bytes) return undefined;
    // New bytes are published, but the record is not updated yet.
    if (bytes.note?.artifactId === id) return { record: describedBy(record, bytes.note), bytes };
    const again = await this.#index.byId(id);
    if (again && sameContents(again.record, record)) return { record, bytes };
    bytes.close();
    return undefined;
  }

  /**
   * Returns `undefined` if the bytes cannot be opened because the artifact was removed or replaced.
   */
  async #openBytes(record: ArtifactRecord, range?: ByteRange): Promise<OpenBytes | undefined> {
    try {
      return await this.#bytes.open(record.path, range);
    } catch (error) {
      // The path of a removed artifact may now be a directory; a replaced artifact may have another
      // path.
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

  /** Returns the bytes as a stream; `open` is called at the first read. */
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

  /** Reads the bytes into memory. */
  async bytes(opened: OpenArtifact, options: ReadOptions): Promise<Uint8Array<ArrayBuffer>> {
    const { start, end } = rangeOf(opened, options);
    const all = new Uint8Array(end - start);
    let at = 0;
    for await (const chunk of readChunks(opened, options, all)) at += chunk.length;
    return all.subarray(0, at);
  }

  /** Saves the bytes to a file of the caller. */
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

/** Yields the bytes of a range in chunks, or reads them into `all`. Closes them at the end. */
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

/** Adapts opened bytes for staging. */
export function asReader(bytes: OpenBytes): ByteReader {
  return {
    size: bytes.size,
    read: (into) => bytes.read(into),
    close: () => Promise.resolve(bytes.close()),
  };
}
