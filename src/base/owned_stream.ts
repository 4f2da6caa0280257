/**
 * Streams whose chunks belong to their reader. Freeing a chunk at once keeps memory flat: the garbage
 * collector lets some 64 MiB of buffers gather before it looks at them.
 */

const owned = new WeakSet<ReadableStream>();

/** Notes that the chunks of a stream belong to its reader. Returns the stream. */
export function withOwnedChunks<T extends ReadableStream>(stream: T): T {
  owned.add(stream);
  return stream;
}

/** Whether the reader of a stream may free its chunks. */
export function hasOwnedChunks(stream: ReadableStream): boolean {
  return owned.has(stream);
}

/** Frees the memory of a chunk, which is empty from then on. A view of a larger buffer is left alone. */
export function freeChunk({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
