/** What tests of byte stores share. */
import type { ByteReader, ByteStore } from "../../src/bytes/byte_store.ts";

/** A source of bytes; `size` is not known where that is asked for. */
export function bytesReader(
  data: Uint8Array,
  { isSizeKnown = true }: { readonly isSizeKnown?: boolean } = {},
): ByteReader {
  let at = 0;
  return {
    size: isSizeKnown ? data.length : undefined,
    read: (into) => {
      const part = data.subarray(at, at + into.length);
      into.set(part);
      at += part.length;
      return Promise.resolve(part.length);
    },
    close: () => Promise.resolve(),
  };
}

/** All bytes at a key. */
export async function readWhole(
  bytes: Pick<ByteStore, "open">,
  key: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const opened = await bytes.open(key);
  try {
    const all = new Uint8Array(opened.size);
    for (let at = 0; at < all.length;) {
      const count = await opened.read(all.subarray(at));
      if (count === 0) throw new Error(`${key} ends at byte ${at} of ${all.length}`);
      at += count;
    }
    return all;
  } finally {
    opened.close();
  }
}
