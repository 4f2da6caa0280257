import { builtin } from "./builtin.ts";
import { ChachamlError, StorageError } from "./errors.ts";

/** What each system error code means, and what to do about it. */
const STATES: Record<string, string> = {
  ENOSPC: "the disk is full; free some space and try again",
  EDQUOT: "the disk quota is used up; free some space and try again",
  EROFS: "the file system is read-only; mount it writable and try again",
  EFBIG: "the file would be larger than is allowed; raise the limit (ulimit -f) and try again",
  EMFILE: "too many files are open; raise the limit (ulimit -n) or put fewer at once",
  ENFILE: "too many files are open on this machine",
  EIO: "the disk reported an error; check it before you trust it",
  ENAMETOOLONG: "its path is too long for this file system; use a shorter name",
  EACCES: "permission was denied; check the owner and mode of the file and its directory",
  EPERM: "permission was denied; check the owner and mode of the file and its directory",
  ENOENT: "it is not there, or a directory on the way to it is not",
  ENOTDIR: "a part of its path is a file, not a directory",
  ELOOP: "its symbolic links lead in a circle; remove one of them",
  EISDIR: "it is a directory, not a file",
};

/** Converts a system error to a `StorageError`. Returns any other error unchanged. */
export function fsError(error: unknown, action: string): unknown {
  if (error instanceof ChachamlError || !(error instanceof Error)) return error;
  if (error instanceof Deno.errors.NotCapable) {
    return new StorageError(action, error.message, { cause: error });
  }
  const code = codeOf(error);
  if (code === undefined && !isSystemError(error)) return error;
  return new StorageError(action, STATES[code ?? ""] ?? error.message, { cause: error });
}

/**
 * Returns the code of a system error. Deno reports some errors, e.g. "Too many links", only by
 * number.
 */
export function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  // Other errors may have numeric codes, e.g. a DOMException used as an abort reason.
  if (typeof code === "string") return code;
  if (Deno.build.os === "windows") return undefined; // Windows uses other numbers.
  const number = Number(/\(os error (\d+)\)/.exec(error.message)?.[1]);
  return Object.entries(builtin("node:os").constants.errno).find(([, value]) => value === number)
    ?.[0];
}

/** Kinds of database errors that lack of space causes; SQLite has no kind for a used up quota. */
const FULL_KINDS: readonly unknown[] = ["full", "io"];

/** Whether an error may have been caused by a full disk or a used up quota. */
export function isDiskFull(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (FULL_KINDS.includes((cause as { kind?: unknown }).kind)) return true;
    if (["ENOSPC", "EDQUOT"].includes(codeOf(cause) ?? "")) return true;
  }
  return false;
}

function isSystemError(error: Error): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}
