/** Notes of replacements, kept until the records are updated. */
import { join } from "@std/path";
import { builtin } from "../../base/builtin.ts";
import type { ReplacementNote } from "../byte_store.ts";
import { ReplacementUnderWayError } from "../replacement.ts";
import { abandonedNotes, EXTENSIONS, type LockedNote, readNote, writeNote } from "./note_files.ts";
import { STAGED } from "./staged_key.ts";

/** A stored note. */
export interface StoredNote {
  /** Key of the bytes to replace. */
  readonly key: string;
  /** Key of the staged bytes. */
  readonly staged: string;
  /** Pending update of the record. */
  readonly note: ReplacementNote;
}

/** Notes in a staging directory, named by the key of their bytes for fast lookup. */
export class ReplacementNotes {
  readonly #staging: string;
  readonly #durable: boolean;

  /** Creates an accessor for the directory `staging`. */
  constructor(staging: string, durable: boolean) {
    this.#staging = staging;
    this.#durable = durable;
  }

  /**
   * Writes a note.
   *
   * @throws {ReplacementUnderWayError} If the key already has one.
   */
  async write(stored: StoredNote): Promise<LockedNote> {
    try {
      return await writeNote(this.#pathOf(stored.key), stored, this.#durable);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      throw new ReplacementUnderWayError(stored.key);
    }
  }

  /** Returns the note of a key; `undefined` if it does not exist or is incomplete. */
  read(key: string): StoredNote | undefined {
    return asNote(readNote(this.#pathOf(key)));
  }

  /**
   * Yields the notes of dead writers, locked; `stored` is `undefined` if the note is incomplete.
   */
  *abandoned(): Generator<{ stored: StoredNote | undefined; held: LockedNote }> {
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
