import { builtin } from "../../base/builtin.ts";
import type { ByteReader, StageOptions } from "../byte_store.ts";

/** Size of a read, in bytes. */
const CHUNK = 64 * 1024;

/** Reads all bytes of a source. Returns them with their SHA-256. */
export async function readWhole(
  source: ByteReader,
  { signal, onProgress }: StageOptions,
): Promise<{ bytes: Uint8Array; hash: string }> {
  const hash = builtin("node:crypto").createHash("sha256");
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    signal?.throwIfAborted();
    const chunk = new Uint8Array(CHUNK);
    const count = await source.read(chunk);
    if (count === 0) break;
    hash.update(chunk.subarray(0, count));
    parts.push(chunk.subarray(0, count));
    onProgress?.({ bytes: size += count, total: source.size });
  }
  signal?.throwIfAborted();
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return { bytes, hash: hash.digest("hex") };
}
