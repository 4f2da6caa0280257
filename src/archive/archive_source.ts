/** Where an archive comes from: unpacked on its way, and refused by its first block if it is none. */
import { ArchiveError, ChachamlError } from "../base/errors.ts";
import { MANIFEST } from "./manifest.ts";

/** Bytes of the first block, which is a header. */
const BLOCK = 512;

const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** What is said of a source that does not begin as an archive does. */
export const NO_ARCHIVE: string =
  `it is no archive of runs: it does not begin with ${MANIFEST}; export makes archives that do`;

/**
 * The bytes of an archive, unpacked if it is compressed by gzip. A source that fails, that is no archive,
 * or that is compressed in another way ends in an {@linkcode ArchiveError}.
 */
export function archiveSource(archive: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const source = readerOf(archive, failReading);
  let plain: (() => Promise<Uint8Array | undefined>) | undefined;
  return new ReadableStream({
    async pull(controller) {
      try {
        plain ??= await open(() => next(source, failReading));
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

async function open(read: Read): Promise<Read> {
  const packed = await peek(read);
  if (startsWith(packed.start, ZSTD)) {
    throw new ArchiveError(
      "it is compressed, by zstd; unpack it on its way: zstdcat FILE | chachaml import -",
    );
  }
  const plain = startsWith(packed.start, GZIP) ? await peek(unpacked(packed.read)) : packed;
  if (!isHeader(plain.start)) throw new ArchiveError(NO_ARCHIVE);
  return plain.read;
}

/** The first block, or as much as there is, and a function that reads all from the start. */
async function peek(read: Read): Promise<{ start: Uint8Array; read: Read }> {
  const chunks: Uint8Array[] = [];
  const start = new Uint8Array(BLOCK);
  let size = 0;
  while (size < BLOCK) {
    const chunk = await read();
    if (chunk === undefined) break;
    if (!(chunk instanceof Uint8Array)) failReading(new TypeError("it does not give bytes"));
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
  throw new ArchiveError("it cannot be read: what is compressed is damaged", { cause: error });
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}

/** Whether a block is the header of a member: its checksum is right. */
function isHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK || block[0] === 0) return false;
  const stored = parseInt(new TextDecoder().decode(block.subarray(148, 156)), 8);
  const sum = block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
  return stored === sum;
}
