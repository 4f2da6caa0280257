/** Notes about work that a crash must not leave half done: small files in the staging directory. */
import { join } from "@std/path";
import { syncDirectory } from "./directories.ts";
import { ignoreErrors, letGo } from "./let_go.ts";
import { lstat, openRegular } from "./lstat.ts";

/** No note is longer; what is, is none. */
const MAX_BYTES = 16 * 1024;

/** How notes are called, by what they are about. */
export const EXTENSIONS = { replacement: ".replaces", move: ".moves" } as const;

/** A note that is locked: its writer is at work, or it is being recovered. */
export interface HeldNote {
  /** Removes it. */
  drop(): void;
  /** Leaves it for others to recover. */
  leave(): void;
}

/** Whether a file of the staging directory is a note. */
export function isNote(name: string): boolean {
  return Object.values(EXTENSIONS).some((extension) => name.endsWith(extension));
}

/**
 * Writes a note, and makes it durable with all else that its directory has.
 *
 * @throws {Deno.errors.AlreadyExists} If there is one, or it was taken for an unfinished one.
 */
export async function writeNote(path: string, value: unknown, durable: boolean): Promise<HeldNote> {
  const file = Deno.openSync(path, { createNew: true, read: true, write: true, mode: 0o600 });
  // Another process can find it before it is locked, and drop it as unfinished.
  if (!file.tryLockSync(true) || file.statSync().nlink === 0) {
    file.close();
    throw new Deno.errors.AlreadyExists(path);
  }
  try {
    const bytes = new TextEncoder().encode(JSON.stringify(value) + "\n");
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    if (durable) {
      await file.syncData();
      await syncDirectory(join(path, ".."));
    }
    return hold(path, file);
  } catch (error) {
    letGo(path, file);
    throw error;
  }
}

/** What a note says; `undefined` if there is none, or it is not whole yet. */
export function readNote(path: string): unknown {
  const file = open(path);
  if (!file) return undefined;
  try {
    return parse(file);
  } finally {
    file.close();
  }
}

/** The notes of a kind that nobody is at work on, locked. */
export function* abandonedNotes(
  staging: string,
  kind: keyof typeof EXTENSIONS,
): Generator<{ path: string; value: unknown; held: HeldNote }> {
  if (!lstat(staging)?.isDirectory) return;
  for (const { name } of [...Deno.readDirSync(staging)]) {
    if (!name.endsWith(EXTENSIONS[kind])) continue;
    const path = join(staging, name);
    const file = open(path);
    if (!file) continue;
    if (file.tryLockSync(true) && file.statSync().nlink !== 0) {
      yield { path, value: parse(file), held: hold(path, file) };
    } else file.close();
  }
}

function hold(path: string, file: Deno.FsFile): HeldNote {
  return { drop: () => letGo(path, file), leave: () => ignoreErrors(() => file.close()) };
}

function open(path: string): Deno.FsFile | undefined {
  try {
    return openRegular(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function parse(file: Deno.FsFile): unknown {
  const bytes = new Uint8Array(MAX_BYTES);
  let size = 0;
  while (size < bytes.length) {
    const count = file.readSync(bytes.subarray(size)) ?? 0;
    if (count === 0) break;
    size += count;
  }
  try {
    return JSON.parse(new TextDecoder().decode(bytes.subarray(0, size)));
  } catch {
    return undefined;
  }
}
