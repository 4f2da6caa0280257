import { builtin } from "../base/builtin.ts";
import { freeChunk } from "../base/owned_stream.ts";
import type { Digest } from "./digest.ts";
import type { ByteReader, StageOptions } from "./byte_store.ts";

/** Size of the first buffer, in bytes. Buffers grow while a source of unknown size continues. */
const FIRST_CHUNK = 64 * 1024;
const LARGEST_CHUNK = 1024 * 1024;

/** Memory shared by the buffers of all concurrent copies, in bytes. */
const BUFFER_BUDGET = 64 * 1024 * 1024;
let copies = 0;

/**
 * Copies a source to a file and hashes the buffers that are written. Uses two buffers: while one is
 * hashed here, another thread writes it and the next one is read. A large copy thus takes as long
 * as hashing it on one core.
 */
export async function hashCopy(
  source: ByteReader,
  file: Deno.FsFile,
  options: StageOptions,
): Promise<Digest> {
  copies++;
  try {
    return await copyAndHash(source, file, options);
  } finally {
    copies--;
  }
}

async function copyAndHash(
  source: ByteReader,
  file: Deno.FsFile,
  { signal, onProgress }: StageOptions,
): Promise<Digest> {
  const hash = builtin("node:crypto").createHash("sha256");
  let chunk = new Uint8Array(firstChunk(source.size));
  let next = chunk;
  let size = 0;
  let filled = await source.read(chunk);
  let isAll = filled === source.size || filled === 0;
  // A source of unknown size says only by a further read that it has ended.
  while (!isAll && filled < chunk.length && source.size === undefined) {
    const more = await source.read(chunk.subarray(filled));
    filled += more;
    isAll = more === 0;
  }
  // A single chunk needs neither a second buffer nor a thread.
  if (isAll) {
    const bytes = chunk.subarray(0, filled);
    writeAllSync(file, bytes);
    hash.update(bytes);
    size = filled;
    filled = 0;
    onProgress?.({ bytes: size, total: source.size });
  }
  while (filled > 0) {
    signal?.throwIfAborted();
    const bytes = chunk.subarray(0, filled);
    const wanted = Math.min(chunk.length * 4, largestChunk());
    if (next === chunk || next.length < wanted) next = new Uint8Array(wanted);
    const writing = writeAll(file, bytes);
    const reading = source.read(next);
    hash.update(bytes);
    // Waits for both, even if one fails, because they use the buffers.
    const [written, read] = await Promise.allSettled([writing, reading]);
    if (written.status === "rejected") throw written.reason;
    if (read.status === "rejected") throw read.reason;
    size += filled;
    filled = read.value;
    [chunk, next] = [next, chunk];
    onProgress?.({ bytes: size, total: source.size });
  }
  signal?.throwIfAborted();
  for (const buffer of new Set([chunk, next])) freeChunk(buffer);
  return { size, hash: hash.digest("hex") };
}

/** Hashes the rest of an open file. */
export async function hashFile(
  file: { read(into: Uint8Array): Promise<number | null> },
  { signal, onProgress }: StageOptions,
  total?: number,
): Promise<Digest> {
  const hash = builtin("node:crypto").createHash("sha256");
  const room = Math.min(Math.max(total ?? LARGEST_CHUNK, 1), LARGEST_CHUNK);
  let [chunk, next] = [new Uint8Array(room), new Uint8Array(room)];
  let size = 0;
  for (let filled = await file.read(chunk); filled;) {
    signal?.throwIfAborted();
    const reading = file.read(next);
    hash.update(chunk.subarray(0, filled));
    size += filled;
    try {
      onProgress?.({ bytes: size, total });
    } catch (error) {
      await reading.catch(() => {}); // The file must stay open until the read ends.
      throw error;
    }
    filled = await reading;
    [chunk, next] = [next, chunk];
  }
  return { size, hash: hash.digest("hex") };
}

function firstChunk(size: number | undefined): number {
  return Math.min(Math.max(size ?? FIRST_CHUNK, 1), largestChunk());
}

function largestChunk(): number {
  return Math.min(LARGEST_CHUNK, Math.max(FIRST_CHUNK, BUFFER_BUDGET / (2 * copies) | 0));
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

function writeAllSync(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
