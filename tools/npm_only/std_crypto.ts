/** Stand-in for the used part of `@std/crypto`, for networks without JSR. */

import { timingSafeEqual as compare } from "node:crypto";

/** Whether bytes are equal, in a time that does not depend on them. */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && compare(a, b);
}

/** Web Crypto, whose digest takes a stream too. */
export const crypto = {
  subtle: {
    /** The digest of bytes that come piece by piece. */
    async digest(
      algorithm: string,
      data: AsyncIterable<Uint8Array<ArrayBuffer>>,
    ): Promise<ArrayBuffer> {
      const bytes = await new Blob(await Array.fromAsync(data)).arrayBuffer();
      return await globalThis.crypto.subtle.digest(algorithm, bytes);
    },
  },
};
