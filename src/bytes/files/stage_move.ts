/** Moving of files into the store by a second link. */
import { join } from "@std/path";
import { SourceChangedError } from "../../base/errors.ts";
import { hashFile } from "../hashing.ts";
import { ignoreErrors, removeAndClose } from "./cleanup.ts";
import { identityOf, lstat, openRegular } from "./lstat.ts";
import { abandonedNotes, EXTENSIONS, writeNote } from "./note_files.ts";
import { StagedFile, type StageFileOptions } from "./staged_file.ts";

/** Note of a move: until it is completed or reverted, source and artifact are the same file. */
interface MoveNote {
  /** Absolute path of the source. */
  readonly source: string;
  /** Identity of the file. */
  readonly identity: string;
  /** Original mode. */
  readonly mode: number;
  /** Key of the future artifact. */
  readonly key: string;
}

/**
 * Stages a file by a second link. The source is removed only after the bytes are stored; {@linkcode
 * recoverMoves} completes or reverts an interrupted move.
 *
 * @returns `undefined` if the file cannot be moved: it is on another file system, has other links
 * through which it could be modified, or belongs to another user.
 * @throws {SourceChangedError} If the file is modified while it is hashed.
 */
export async function stageMove(
  staging: string,
  source: string,
  options: StageFileOptions,
): Promise<StagedFile | undefined> {
  const before = Deno.lstatSync(source);
  if (!before.isFile || before.nlink !== 1 || before.mode === null) return undefined;
  const mode = before.mode & 0o7777;
  // A setuid or setgid program must not become an artifact by a link.
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
    removeAndClose(path, file);
    note.remove();
  };
  let file: Deno.FsFile | undefined;
  try {
    // A new file shows the user of this process.
    if (Deno.lstatSync(notePath).uid !== before.uid) return undo(), undefined;
    Deno.linkSync(source, path);
    setMode(path, identity, mode & ~0o222);
    file = openRegular(path);
    if (!file || identityOf(file.statSync()) !== identity) return undo(file), undefined;
    if (!file.tryLockSync(true)) throw new Error("another process is using it");
    Deno.lstatSync(path); // A collector may have been faster.
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
        note.remove();
      },
      discard: () => {
        ignoreErrors(() => setMode(path, identity, mode));
        note.remove();
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
 * Completes interrupted moves whose artifact is stored, and reverts the others.
 *
 * @param root Artifact directory.
 * @param isNamed Returns whether a record names a key.
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
      removeAndClose(path.slice(0, -EXTENSIONS.move.length), undefined);
      held.remove();
    } finally {
      held.release();
    }
  }
}

async function recover(
  { source, identity, mode, key }: MoveNote,
  root: string,
  isNamed: (key: string) => Promise<boolean>,
): Promise<void> {
  const there = lstatOrUndefined(source);
  // The source was replaced or removed.
  if (!there?.isFile || identityOf(there) !== identity) return;
  const stored = lstatOrUndefined(join(root, key));
  if (stored?.isFile && identityOf(stored) === identity && await isNamed(key)) {
    Deno.removeSync(source);
  } else setMode(source, identity, mode);
}

function lstatOrUndefined(path: string): Deno.FileInfo | undefined {
  try {
    return lstat(path);
  } catch {
    return undefined; // A parent is a file now, or may not be read.
  }
}

/** Changes the mode of exactly this file; `chmod` would follow a link in its place. */
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
