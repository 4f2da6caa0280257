/** Files that are taken into the store as they are, by a second name. */
import { join } from "@std/path";
import { SourceChangedError } from "../../base/errors.ts";
import { hashFile } from "../hashing.ts";
import { ignoreErrors, letGo } from "./let_go.ts";
import { identityOf, lstat, openRegular } from "./lstat.ts";
import { abandonedNotes, EXTENSIONS, writeNote } from "./note_files.ts";
import { StagedFile, type StageFileOptions } from "./staged_file.ts";

/** What is noted of a move: until it is done or undone, the source and the artifact are one file. */
interface MoveNote {
  /** Absolute path that the file is taken from. */
  readonly source: string;
  /** Which file it is. */
  readonly identity: string;
  /** The mode that it had. */
  readonly mode: number;
  /** Key of the artifact that it is to be. */
  readonly key: string;
}

/**
 * Stages a file by a second name. Its first name is removed only once the bytes are stored for good; a
 * crash before that is undone, or finished, by {@linkcode recoverMoves}.
 *
 * @returns `undefined` where the file cannot be taken: it lies on another file system, has other names
 * by which it could be changed, or is another user's.
 * @throws {SourceChangedError} If the file is written to while it is hashed.
 */
export async function stageMove(
  staging: string,
  source: string,
  options: StageFileOptions,
): Promise<StagedFile | undefined> {
  const before = Deno.lstatSync(source);
  if (!before.isFile || before.nlink !== 1 || before.mode === null) return undefined;
  const mode = before.mode & 0o7777;
  // A program of another user, or one that runs as another, does not become an artifact by a link.
  if ((mode & 0o7000) !== 0) return undefined;
  const identity = identityOf(before);
  const key = crypto.randomUUID();
  const path = join(staging, key);
  const target = `${options.runId}/${options.name}`;
  const value: MoveNote = { source: Deno.realPathSync(source), identity, mode, key: target };
  const notePath = path + EXTENSIONS.move;
  const note = await writeNote(notePath, value, options.durable);
  const undo = (file?: Deno.FsFile) => {
    ignoreErrors(() => setMode(path, identity, mode));
    letGo(path, file);
    note.drop();
  };
  let file: Deno.FsFile | undefined;
  try {
    // Whoever makes a file owns it, which tells who this process is.
    if (Deno.lstatSync(notePath).uid !== before.uid) return undo(), undefined;
    Deno.linkSync(source, path);
    setMode(path, identity, mode & ~0o222);
    file = openRegular(path);
    if (!file || identityOf(file.statSync()) !== identity) return undo(file), undefined;
    if (!file.tryLockSync(true)) throw new Error("another process is at work on it");
    Deno.lstatSync(path); // A collector can have come between.
  } catch {
    undo(file);
    return undefined;
  }
  try {
    const digest = await hashFile(file, options, before.size);
    const after = file.statSync();
    if (after.size !== digest.size || after.mtime?.getTime() !== before.mtime?.getTime()) {
      throw new SourceChangedError(source);
    }
    if (options.durable) await file.sync();
    const staged: StagedFile = new StagedFile({ path, key, file, info: after }, digest, {
      release: () => {
        if (staged.isAt(source)) ignoreErrors(() => Deno.removeSync(source));
        note.drop();
      },
      discard: () => {
        ignoreErrors(() => setMode(path, identity, mode));
        note.drop();
      },
      gone: options.onGone,
    });
    return staged;
  } catch (error) {
    undo(file);
    throw error;
  }
}

/**
 * Finishes moves that were interrupted once the artifact was stored, and undoes the others.
 *
 * @param root The directory of the store.
 * @param isNamed Whether a record names the bytes at a key.
 */
export async function recoverMoves(
  root: string,
  staging: string,
  isNamed: (key: string) => Promise<boolean>,
): Promise<void> {
  for (const { path, value, held } of abandonedNotes(staging, "move")) {
    try {
      const note = asNote(value);
      if (note) await recover(note, root, isNamed);
      letGo(path.slice(0, -EXTENSIONS.move.length), undefined);
      held.drop();
    } finally {
      held.leave();
    }
  }
}

async function recover(
  { source, identity, mode, key }: MoveNote,
  root: string,
  isNamed: (key: string) => Promise<boolean>,
): Promise<void> {
  const there = lookAt(source);
  // Somebody has put another file there, or removed it.
  if (!there?.isFile || identityOf(there) !== identity) return;
  const stored = lookAt(join(root, key));
  if (stored?.isFile && identityOf(stored) === identity && await isNamed(key)) {
    Deno.removeSync(source);
  } else setMode(source, identity, mode);
}

function lookAt(path: string): Deno.FileInfo | undefined {
  try {
    return lstat(path);
  } catch {
    return undefined; // A part of the path is a file by now, or may not be read.
  }
}

/** Changes the mode of the very file; `chmod` follows a link that was put in its place. */
function setMode(path: string, identity: string, mode: number): void {
  const found = Deno.lstatSync(path);
  if (!found.isFile || identityOf(found) !== identity) throw new Deno.errors.NotFound(path);
  Deno.chmodSync(path, mode);
}

function asNote(value: unknown): MoveNote | undefined {
  const { source, identity, mode, key } = (value ?? {}) as Partial<MoveNote>;
  const isWhole = typeof source === "string" && typeof identity === "string" &&
    typeof key === "string" && Number.isSafeInteger(mode) && (mode! & ~0o777) === 0;
  return isWhole ? { source, identity, mode: mode!, key } : undefined;
}
