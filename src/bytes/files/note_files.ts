/** Notes about work that must survive a crash: small files in the staging directory. */
import { join } from "@std/path";
import { syncDirectory } from "./directories.ts";
import { ignoreErrors, removeAndClose } from "./cleanup.ts";
import { lstat, openRegular } from "./lstat.ts";

/** Maximum size of a note, in bytes; anything larger is not a note. */
const MAX_BYTES = 16 * 1024;

/** File extensions of notes, by purpose. */
export const EXTENSIONS = { replacement: ".replaces", move: ".moves" } as const;

/** A locked note: its writer is active, or it is being recovered. */
export interface LockedNote {
  /** Removes the note. */
  remove(): void;
  /** Releases the note for recovery by others. */
  release(): void;
}

/** Whether a file of the staging directory is a note. */
export function isNote(name: string): boolean {
  return Object.values(EXTENSIONS).some((extension) => name.endsWith(extension));
}

/**
 * Writes a note and syncs it with the other entries of its directory.
 *
 * @throws {Deno.errors.AlreadyExists} If it exists, or another process removed it as unfinished.
 */
export async function writeNote(
  path: string,
  value: unknown,
  durable: boolean,
): Promise<LockedNote> {
  const file = Deno.openSync(path, { createNew: true, read: true, write: true, mode: 0o600 });
  // Another process may find it before it is locked, and remove it as unfinished.
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
    removeAndClose(path, file);
    throw error;
  }
}

/** Reads a note; `undefined` if it does not exist or is incomplete. */
export function readNote(path: string): unknown {
  const file = open(path);
  if (!file) return undefined;
  try {
    return parse(file);
  } finally {
    file.close();
  }
}

/** Yields the notes of a kind whose writers are dead, locked. */
export function* abandonedNotes(
  staging: string,
  kind: keyof typeof EXTENSIONS,
): Generator<{ path: string; value: unknown; held: LockedNote }> {
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

function hold(path: string, file: Deno.FsFile): LockedNote {
  return {
    remove: () => removeAndClose(path, file),
    release: () => ignoreErrors(() => file.close()),
  };
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
