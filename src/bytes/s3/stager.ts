/** Staging: reads and hashes a source, and uploads all but small ones. */
import { builtin } from "../../base/builtin.ts";
import { Gate } from "../../base/gate.ts";
import type { ByteReader, StageOptions } from "../byte_store.ts";
import { PART, type PartSizes } from "./part_size.ts";
import { headersOf, type StagedLocation, StagedObject, stagingKey } from "./staged_object.ts";
import type { MultipartUpload, Uploads } from "./upload.ts";

/** Number of sources larger than `SMALL` that are read in parallel. */
const LARGE_AT_A_TIME = 3;

/** Maximum size, in bytes, of a source that is read without waiting. */
const SMALL = 256 * 1024;

/** Maximum number of bytes of staged sources held in memory, in total. */
const HELD = 2 * PART;
const HELD_OF_BATCH = 16 * 1024;

/** Size of a read, in bytes. */
const CHUNK = 1024 * 1024;

/** Stages sources. */
export class Stager {
  readonly #uploads: Uploads;
  readonly #sizes: PartSizes;
  readonly #turns = new Gate(LARGE_AT_A_TIME);
  readonly #gone: (staged: StagedObject) => void;
  #held = 0;

  /** Creates a stager with `uploads`; `gone` is called at the end of staged bytes. */
  constructor(uploads: Uploads, sizes: PartSizes, gone: (staged: StagedObject) => void) {
    this.#uploads = uploads;
    this.#sizes = sizes;
    this.#gone = gone;
  }

  /** Stages a source. `key` is its probable key, if known. */
  async stage(
    source: ByteReader,
    options: StageOptions,
    key: string | undefined,
    isOwn: boolean,
  ): Promise<StagedObject> {
    const reading = new Reading(source, options);
    const id = crypto.randomUUID();
    let release = () => {};
    let upload: MultipartUpload | undefined;
    try {
      let body = await reading.fill(new Uint8Array(Math.min(source.size ?? SMALL, SMALL)));
      if (!reading.isAtEnd) {
        release = await this.#turns.enter(options.signal);
        body = await reading.fill(body, this.#firstPart(source.size));
      }
      const headers = headersOf(id, source.mode ?? options.mode);
      if (reading.isAtEnd && this.#hold(reading.size, options.batch)) {
        const as = await this.#end(reading, source, id);
        // Does not hold a large buffer for few bytes.
        if (body.length < body.buffer.byteLength / 2) body = body.slice();
        return this.#staged(as, { body }, headersOf(id, source.mode ?? options.mode, as.hash));
      }
      upload = await this.#uploads.begin(key ?? stagingKey(id), headers, options.signal);
      await this.#send(reading, upload, body, source.size, options.signal);
      await upload.waitForParts();
      const as = await this.#end(reading, source, id);
      return this.#staged(as, { upload, isOwn: isOwn || key === undefined }, headers);
    } catch (error) {
      await source.close(error);
      await upload?.abort();
      throw error;
    } finally {
      release();
    }
  }

  /** Bytes to read at first: all there are, where that is known and little. */
  #firstPart(size: number | undefined): number {
    const { partSize, held } = this.#sizes;
    return size === undefined ? PART : Math.min(size, Math.min(held, partSize(1, size)));
  }

  async #end(reading: Reading, source: ByteReader, id: string) {
    await source.close(); // Throws if the source has changed.
    return { key: id, size: reading.size, hash: reading.digest() };
  }

  #staged(
    as: { key: string; size: number; hash: string },
    at: StagedLocation,
    headers: Readonly<Record<string, string>>,
  ): StagedObject {
    return new StagedObject(as, at, headers, (staged) => {
      if ("body" in at) this.#held -= as.size;
      this.#gone(staged);
    });
  }

  /** Reserves memory for bytes until they are published; `false` if there is not enough. */
  #hold(size: number, batch: string | undefined): boolean {
    if (size > 0 && this.#held + size > HELD) return false;
    if (batch !== undefined && size > HELD_OF_BATCH) return false;
    this.#held += size;
    return true;
  }

  async #send(
    reading: Reading,
    upload: MultipartUpload,
    first: Uint8Array<ArrayBuffer>,
    total: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const buffers = new Buffers();
    const { partSize, held } = this.#sizes;
    let body = first;
    for (;;) {
      const used = body;
      await upload.add(used, undefined, signal, () => buffers.free(used));
      if (reading.isAtEnd) return;
      while (partSize(upload.parts + 1, total) > held && !reading.isAtEnd) {
        await this.#compose(reading, upload, partSize(upload.parts + 1, total), buffers, signal);
      }
      if (reading.isAtEnd) return;
      body = await reading.fill(buffers.take(partSize(upload.parts + 1, total)));
      if (body.length === 0) return;
    }
  }

  /** Adds a part too large to hold: the server composes an object from pieces, and copies it. */
  async #compose(
    reading: Reading,
    upload: MultipartUpload,
    size: number,
    buffers: Buffers,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const key = stagingKey(crypto.randomUUID());
    const pieces = await this.#uploads.begin(key, {}, signal);
    let length = 0;
    try {
      while (length < size && !reading.isAtEnd) {
        const piece = await reading.fill(buffers.take(Math.min(this.#sizes.held, size - length)));
        if (piece.length === 0) break;
        length += piece.length;
        await pieces.add(piece, undefined, signal, () => buffers.free(piece));
      }
      if (length === 0) return await pieces.abort();
      await pieces.complete();
    } catch (error) {
      await pieces.abort();
      throw error;
    }
    await upload.copyPart(key, { start: 0, end: length }, signal);
    const { client } = this.#uploads;
    await client.sendForHead({ method: "DELETE", action: "remove a part", key, signal });
  }
}

/** A source being read and hashed. */
class Reading {
  readonly #source: ByteReader;
  readonly #options: StageOptions;
  readonly #hash = builtin("node:crypto").createHash("sha256");
  /** Number of bytes read. */
  size = 0;
  /** Whether the source has ended. */
  isAtEnd = false;

  constructor(source: ByteReader, options: StageOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Fills a buffer, or extends the given bytes to at most `room`, as far as the source goes. */
  async fill(
    start: Uint8Array<ArrayBuffer>,
    room?: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { signal, onProgress } = this.#options;
    let into = start;
    let at = 0;
    if (room !== undefined) {
      into = new Uint8Array(room);
      into.set(start);
      at = start.length;
    }
    while (at < into.length) {
      signal?.throwIfAborted();
      const count = await this.#source.read(into.subarray(at, at + CHUNK));
      if (count === 0) {
        this.isAtEnd = true;
        break;
      }
      this.#hash.update(into.subarray(at, at + count));
      at += count;
      this.size += count;
      onProgress?.({ bytes: this.size, total: this.#source.size });
    }
    signal?.throwIfAborted();
    // A source of known size has ended once all of it was read.
    if (this.size === this.#source.size) this.isAtEnd = true;
    return into.subarray(0, at);
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}

/** Reusable buffers, so that those of many parts do not exist at the same time. */
class Buffers {
  readonly #free: ArrayBuffer[] = [];

  take(size: number): Uint8Array<ArrayBuffer> {
    const at = this.#free.findIndex(({ byteLength }) => byteLength >= size);
    const buffer = at < 0 ? new ArrayBuffer(size) : this.#free.splice(at, 1)[0]!;
    return new Uint8Array(buffer, 0, size);
  }

  free({ buffer }: Uint8Array<ArrayBuffer>): void {
    this.#free.push(buffer);
  }
}
