import type { ByteStore } from "../bytes/byte_store.ts";
import { hashFile } from "../bytes/hashing.ts";
import { ChachamlError } from "../base/errors.ts";

/** Location, size and hash of an artifact's bytes, from its record. */
export interface Described {
  /** Path of the bytes. */
  readonly path: string;
  /** Size in bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
}

/** Reads stored bytes and checks whether they match a record. */
export async function areStored(
  bytes: ByteStore,
  { path, size, hash }: Described,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    const opened = await bytes.open(path);
    try {
      return opened.size === size && (await hashFile(opened, { signal }, size)).hash === hash;
    } finally {
      opened.close();
    }
  } catch (error) {
    // The bytes are missing, or their path is taken by something else.
    if (error instanceof Deno.errors.NotFound || error instanceof ChachamlError) return false;
    throw error;
  }
}
