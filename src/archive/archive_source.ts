/**
 * Source of an archive: decompressed while it is read, and rejected early if it is not an archive.
 */
import { ArchiveError, ChachamlError, InvalidOptionError, quote } from "../base/errors.ts";
import { MANIFEST } from "./manifest.ts";

/** Size of the first block, the header, in bytes. */
const BLOCK = 512;

const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** Message for a source that is not an archive. */
export const NO_ARCHIVE: string =
  `it is not an archive of runs: it does not start with ${MANIFEST}; create archives with export`;

/**
 * Returns the bytes of an archive, decompressed if it is gzipped. The stream errors with an
 * {@linkcode ArchiveError} if the source fails, is not an archive, or is compressed in another way.
 * Without `unpack`, a gzipped archive is passed on as it is.
 */
export function archiveSource(
  archive: ReadableStream<Uint8Array>,
  unpack = true,
): ReadableStream<Uint8Array> {
  const source = readerOf(archive, failReading);
  let plain: (() => Promise<Uint8Array | undefined>) | undefined;
  return new ReadableStream({
    async pull(controller) {
      try {
        plain ??= await open(() => next(source, failReading), unpack);
        const chunk = await plain();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      } catch (error) {
        await source.cancel(error).catch(() => {});
        throw error;
      }
    },
    cancel: (reason) => source.cancel(reason),
  }, { highWaterMark: 0 });
}

type Read = () => Promise<Uint8Array | undefined>;

async function open(read: Read, unpack: boolean): Promise<Read> {
  const packed = await peek(read);
  if (startsWith(packed.start, ZSTD)) {
    throw new ArchiveError(
      "it is compressed, by zstd; decompress it first: zstdcat FILE | chachaml import -",
    );
  }
  const isPacked = startsWith(packed.start, GZIP);
  if (isPacked && !unpack) return packed.read;
  const plain = isPacked ? await peek(unpacked(packed.read)) : packed;
  if (!isHeader(plain.start)) throw new ArchiveError(NO_ARCHIVE);
  return plain.read;
}

/** Reads up to one block. Returns it, with a function that reads everything from the start. */
async function peek(read: Read): Promise<{ start: Uint8Array; read: Read }> {
  const chunks: Uint8Array[] = [];
  const start = new Uint8Array(BLOCK);
  let size = 0;
  while (size < BLOCK) {
    const chunk = await read();
    if (chunk === undefined) break;
    if (!(chunk instanceof Uint8Array)) failReading(new TypeError("it does not yield bytes"));
    chunks.push(chunk);
    start.set(chunk.subarray(0, BLOCK - size), size);
    size += Math.min(chunk.length, BLOCK - size);
  }
  return {
    start: start.subarray(0, size),
    read: async () => chunks.shift() ?? await read(),
  };
}

function unpacked(read: Read): Read {
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const chunk = await read();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
    },
  }, { highWaterMark: 0 });
  const reader = packed.pipeThrough(new DecompressionStream("gzip")).getReader();
  return () => next(reader, failUnpacking);
}

function readerOf(
  stream: ReadableStream<Uint8Array>,
  fail: Fail,
): ReadableStreamDefaultReader<Uint8Array> {
  if (typeof (stream as { getReader?: unknown } | undefined)?.getReader !== "function") {
    throw new InvalidOptionError(
      `Cannot import: pass the bytes of the archive as a ReadableStream, not ${quote(stream)}`,
    );
  }
  try {
    return stream.getReader();
  } catch (error) {
    return fail(error);
  }
}

async function next(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  fail: Fail,
): Promise<Uint8Array | undefined> {
  return (await reader.read().catch(fail)).value;
}

type Fail = (error: unknown) => never;

function failReading(error: unknown): never {
  if (error instanceof ChachamlError) throw error;
  throw new ArchiveError(`it cannot be read: ${(error as Error).message}`, { cause: error });
}

function failUnpacking(error: unknown): never {
  if (error instanceof ChachamlError) throw error;
  throw new ArchiveError("it cannot be read: its compressed data is damaged", { cause: error });
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}

/** Whether a block is a tar header with a valid checksum. */
function isHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK || block[0] === 0) return false;
  const stored = parseInt(new TextDecoder().decode(block.subarray(148, 156)), 8);
  const sum = block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
  return stored === sum;
}
