/** Notes of replacements, kept until the records say what they do. */
import { join } from "@std/path";
import { builtin } from "../../base/builtin.ts";
import type { ReplacementNote } from "../byte_store.ts";
import { ReplacementUnderWayError } from "../replacement.ts";
import { abandonedNotes, EXTENSIONS, type HeldNote, readNote, writeNote } from "./note_files.ts";
import { STAGED } from "./staged_key.ts";

/** A note as it is kept. */
export interface StoredNote {
  /** Key of the bytes that are replaced. */
  readonly key: string;
  /** Key of the staged bytes that replace them. */
  readonly staged: string;
  /** What the record is to say. */
  readonly note: ReplacementNote;
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
   * Writes a note.
   *
   * @throws {ReplacementUnderWayError} If there is one for the key.
   */
  async write(stored: StoredNote): Promise<HeldNote> {
    try {
      return await writeNote(this.#pathOf(stored.key), stored, this.#durable);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      throw new ReplacementUnderWayError(stored.key);
    }
  }

  /** The note for a key; `undefined` if there is none, or it is not whole yet. */
  read(key: string): StoredNote | undefined {
    return asNote(readNote(this.#pathOf(key)));
  }

  /** The notes that nobody is at work on, locked; `undefined` in place of one that is not whole. */
  *abandoned(): Generator<{ stored: StoredNote | undefined; held: HeldNote }> {
    for (const { path, value, held } of abandonedNotes(this.#staging, "replacement")) {
      const stored = asNote(value);
      const isOwn = stored && this.#pathOf(stored.key) === path;
      yield { stored: isOwn ? stored : undefined, held };
    }
  }

  #pathOf(key: string): string {
    const hash = builtin("node:crypto").createHash("sha256").update(key).digest("hex");
    return join(this.#staging, hash + EXTENSIONS.replacement);
  }
}

function asNote(value: unknown): StoredNote | undefined {
  const { key, staged, note } = (value ?? {}) as Partial<StoredNote>;
  if (typeof key !== "string" || typeof staged !== "string" || !STAGED.test(staged) || !note) {
    return undefined;
  }
  const isWhole = typeof note.artifactId === "string" && typeof note.hash === "string" &&
    Number.isSafeInteger(note.size) && Number.isSafeInteger(note.createdAt) &&
    (note.contentType === null || typeof note.contentType === "string");
  return isWhole ? { key, staged, note } : undefined;
}
