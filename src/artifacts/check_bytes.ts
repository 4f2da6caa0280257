import type { ByteStore } from "../bytes/byte_store.ts";
import { hashFile } from "../bytes/hashing.ts";
import { ChachamlError } from "../base/errors.ts";

/** What a row says of the bytes of its artifact. */
export interface Described {
  /** Where they are. */
  readonly path: string;
  /** How many they are. */
  readonly size: number;
  /** Their SHA-256. */
  readonly hash: string;
}

/** Reads the bytes in place, and tells whether they are what is said of them. */
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
    // They are missing, or something else is in their place.
    if (error instanceof Deno.errors.NotFound || error instanceof ChachamlError) return false;
    throw error;
  }
}
