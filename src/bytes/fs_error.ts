import { ChachamlError, StorageError } from "../errors.ts";

/** What an operating system's error code means, and what to do about it. */
const STATES: Record<string, string> = {
  ENOSPC: "the disk is full; free some space and try again",
  EDQUOT: "the disk quota is used up; free some space and try again",
  EROFS: "the file system is read-only",
  EFBIG: "the file would be larger than the system allows",
  EMFILE: "too many files are open; raise the limit (ulimit -n) or put fewer at once",
  ENFILE: "too many files are open on this machine",
  EIO: "the disk reported an error; check it before you trust it",
  ENAMETOOLONG: "its path is too long for this file system; use a shorter name",
  EACCES: "permission was denied; check the owner and mode of the artifact directory",
  EPERM: "permission was denied; check the owner and mode of the artifact directory",
};

/** A file system error in the store's terms. Errors that are the store's own, or no system's, pass. */
export function fsError(error: unknown, action: string): unknown {
  if (error instanceof ChachamlError || !(error instanceof Error)) return error;
  if (error instanceof Deno.errors.NotCapable) {
    return new StorageError(action, error.message, { cause: error });
  }
  const { code } = error as { code?: string };
  if (code === undefined && !isSystemError(error)) return error;
  return new StorageError(action, STATES[code ?? ""] ?? error.message, { cause: error });
}

function isSystemError(error: Error): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}
