/** Stands in for `@std/crypto` where JSR is out of reach: what the code uses of it. */

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
