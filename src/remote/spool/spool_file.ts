/** File of spooled writes. */
import { StorageError } from "../../base/errors.ts";
import { fsError } from "../../base/fs_error.ts";
import { join } from "@std/path";
import { decode, encode } from "../protocol/codec.ts";

/** A spooled write. */
export interface SpoolEntry {
  /** Id of the write, which the server performs only once. */
  readonly id: string;
  /** Name of the operation, e.g. `"runs.setTags"`. */
  readonly operation: string;
  /** Its arguments. */
  readonly args: readonly unknown[];
}

/** Extension of the file with the number of sent entries. */
const SENT = ".sent";

/** Extension of the file with entries that the server rejected. */
const REFUSED = ".refused";

/** Writes of one process in order, one per line. The process holds the file's lock. */
export class SpoolFile {
  /** Path of the file. */
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #isSynced: boolean;
  readonly #entries: SpoolEntry[];
  #sent: number;

  private constructor(
    path: string,
    file: Deno.FsFile,
    { entries, sent, isSynced }: { entries: SpoolEntry[]; sent: number; isSynced: boolean },
  ) {
    this.path = path;
    this.#file = file;
    this.#entries = entries;
    this.#sent = sent;
    this.#isSynced = isSynced;
  }

  /** Creates a file, and its directory if needed. */
  static create(directory: string, isSynced: boolean): SpoolFile {
    try {
      Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
      const path = join(directory, `${crypto.randomUUID()}.jsonl`);
      const file = Deno.openSync(path, { createNew: true, append: true, mode: 0o600 });
      file.lockSync(true);
      if (isSynced) syncDirectory(directory);
      return new SpoolFile(path, file, { entries: [], sent: 0, isSynced });
    } catch (error) {
      throw fsError(error, `keep what is logged in ${JSON.stringify(directory)}`);
    }
  }

  /** Opens a file left by an ended process; `undefined` if a process uses it. */
  static openAbandoned(path: string): SpoolFile | undefined {
    const file = Deno.openSync(path, { read: true, append: true });
    // If it was removed before it could be locked, another process has sent it.
    if (!file.tryLockSync(true) || file.statSync().nlink === 0) {
      file.close();
      return undefined;
    }
    try {
      const sent = sentOf(path);
      const lines = Deno.readTextFileSync(path).split("\n");
      const entries = lines.flatMap(entryOf).slice(sent);
      return new SpoolFile(path, file, { entries, sent, isSynced: true });
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Returns the paths of the files in a directory. */
  static list(directory: string): string[] {
    try {
      return Array.from(Deno.readDirSync(directory), ({ name }) => name)
        .filter((name) => name.endsWith(".jsonl")).sort().map((name) => join(directory, name));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw fsError(error, `read ${JSON.stringify(directory)}`);
    }
  }

  /** Returns the next entry to send; `undefined` if all have been sent. */
  get next(): SpoolEntry | undefined {
    return this.#entries[0];
  }

  /** Appends an entry, durably on return unless durability is relaxed. */
  add(entry: SpoolEntry): void {
    try {
      const line = new TextEncoder().encode(`${encode(entry)}\n`);
      for (let at = 0; at < line.length;) at += this.#file.writeSync(line.subarray(at));
      if (this.#isSynced) this.#file.syncDataSync();
    } catch (error) {
      throw fsError(error, `keep what is logged in ${JSON.stringify(this.path)}`);
    }
    this.#entries.push(entry);
  }

  /** Records that the first entry was sent or permanently rejected. */
  shift(refusal?: Error): void {
    const entry = this.#entries.shift();
    if (refusal) {
      const line = `${encode({ ...entry, reason: refusal.message })}\n`;
      Deno.writeTextFileSync(`${this.path}${REFUSED}`, line, { append: true, mode: 0o600 });
    }
    this.#sent++;
    Deno.writeTextFileSync(`${this.path}${SENT}`, String(this.#sent), { mode: 0o600 });
  }

  /** Closes the file, and removes it if all entries have been sent. */
  close(): void {
    if (this.#entries.length === 0) {
      for (const ending of ["", SENT]) {
        try {
          Deno.removeSync(`${this.path}${ending}`);
        } catch {
          // No entry was sent, or the directory was removed.
        }
      }
    }
    this.#file.close();
  }
}

/** Parses entries. A line truncated by a crash was never acknowledged, so it is skipped. */
function entryOf(line: string, at: number, lines: readonly string[]): SpoolEntry[] {
  if (line === "") return [];
  try {
    return [decode(line) as SpoolEntry];
  } catch (error) {
    if (at === lines.length - 1) return [];
    throw new StorageError("send what was logged", `line ${at + 1} of its file is damaged`, {
      cause: error,
    });
  }
}

function sentOf(path: string): number {
  try {
    return Number(Deno.readTextFileSync(`${path}${SENT}`)) || 0;
  } catch {
    return 0;
  }
}

function syncDirectory(path: string): void {
  using directory = Deno.openSync(path);
  directory.syncSync();
}
