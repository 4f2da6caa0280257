/** Notes of replacements, kept as files until the records say what they do. */
import { builtin } from "../../base/builtin.ts";
import { join } from "@std/path";
import type { ReplacementNote } from "../byte_store.ts";
import { ReplacementUnderWayError } from "../replacement.ts";
import { syncDirectory } from "./directories.ts";
import { ignoreErrors, letGo } from "./let_go.ts";
import { lstat, openRegular } from "./lstat.ts";
import { STAGED } from "./staged_key.ts";

const EXTENSION = ".replaces";

/** A note as it is kept. */
export interface StoredNote {
  /** Key of the bytes that are replaced. */
  readonly key: string;
  /** Key of the staged bytes that replace them. */
  readonly staged: string;
  /** What the record is to say. */
  readonly note: ReplacementNote;
}

/** A note that is locked: its writer is at work, or it is being recovered. */
export interface HeldNote {
  /** Removes it. */
  drop(): void;
  /** Leaves it for others to recover. */
  leave(): void;
}

/** Whether a file of the staging directory is a note. */
export function isNote(name: string): boolean {
  return name.endsWith(EXTENSION);
}

/** The notes in a staging directory. One is named by the key of its bytes, so that it is found fast. */
export class ReplacementNotes {
  readonly #staging: string;
  readonly #durable: boolean;

  /** Keeps notes in the directory `staging`. */
  constructor(staging: string, durable: boolean) {
    this.#staging = staging;
    this.#durable = durable;
  }

  /**
   * Writes a note, durably, and what else the directory has.
   *
   * @throws {ReplacementUnderWayError} If there is one for the key.
   */
  async write(stored: StoredNote): Promise<HeldNote> {
    const path = this.#pathOf(stored.key);
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(path, { createNew: true, read: true, write: true, mode: 0o600 });
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) {
        throw new ReplacementUnderWayError(stored.key);
      }
      throw error;
    }
    try {
      // Another process can find it before it is locked, and drop it as unfinished.
      if (!file.tryLockSync(true) || file.statSync().nlink === 0) {
        throw new ReplacementUnderWayError(stored.key);
      }
      const bytes = new TextEncoder().encode(JSON.stringify(stored) + "\n");
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      if (this.#durable) {
        await file.syncData();
        await syncDirectory(this.#staging);
      }
      return hold(path, file);
    } catch (error) {
      if (error instanceof ReplacementUnderWayError) ignoreErrors(() => file.close());
      else letGo(path, file);
      throw error;
    }
  }

  /** The note for a key; `undefined` if there is none, or it is not whole yet. */
  read(key: string): StoredNote | undefined {
    const file = open(this.#pathOf(key));
    if (!file) return undefined;
    try {
      return parse(file);
    } finally {
      file.close();
    }
  }

  /** The notes that nobody is at work on, locked; `undefined` in place of one that is not whole. */
  *abandoned(): Generator<{ stored: StoredNote | undefined; held: HeldNote }> {
    if (!lstat(this.#staging)?.isDirectory) return;
    const names = [...Deno.readDirSync(this.#staging)].map(({ name }) => name).filter(isNote);
    for (const name of names) {
      const path = join(this.#staging, name);
      const file = open(path);
      if (!file) continue;
      if (!file.tryLockSync(true) || file.statSync().nlink === 0) {
        file.close();
        continue;
      }
      const stored = parse(file);
      const isOwn = stored && this.#pathOf(stored.key) === path;
      yield { stored: isOwn ? stored : undefined, held: hold(path, file) };
    }
  }

  #pathOf(key: string): string {
    return join(
      this.#staging,
      builtin("node:crypto").createHash("sha256").update(key).digest("hex") + EXTENSION,
    );
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

function parse(file: Deno.FsFile): StoredNote | undefined {
  // No note is so long; what is, is none.
  const bytes = new Uint8Array(16 * 1024);
  let size = 0;
  while (size < bytes.length) {
    const count = file.readSync(bytes.subarray(size)) ?? 0;
    if (count === 0) break;
    size += count;
  }
  try {
    const stored = JSON.parse(new TextDecoder().decode(bytes.subarray(0, size))) as StoredNote;
    const { key, staged, note } = stored;
    const texts = [key, staged, note.artifactId, note.hash];
    const numbers = [note.size, note.createdAt];
    const isWhole = texts.every((text) => typeof text === "string") && STAGED.test(staged) &&
      numbers.every((number) => Number.isSafeInteger(number)) &&
      (note.contentType === null || typeof note.contentType === "string");
    return isWhole ? stored : undefined;
  } catch {
    return undefined;
  }
}
