/** A file of writes that could not be sent yet. */
import { StorageError } from "../../base/errors.ts";
import { fsError } from "../../base/fs_error.ts";
import { join } from "@std/path";
import { decode, encode } from "../protocol/codec.ts";

/** A write that is to be sent. */
export interface SpoolEntry {
  /** Id of the write, under which the server does it once. */
  readonly id: string;
  /** The operation, such as `"runs.setTags"`. */
  readonly operation: string;
  /** Its arguments. */
  readonly args: readonly unknown[];
}

/** Ending of the file that says how many entries were sent. */
const SENT = ".sent";

/** Ending of the file with entries that the server refused. */
const REFUSED = ".refused";

/** Writes of one process, in order, one a line. The process holds the file's lock. */
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

  /** Creates a file in a directory, which is made if it is missing. */
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

  /** Opens a file that a process has left; `undefined` if one is at work on it. */
  static openAbandoned(path: string): SpoolFile | undefined {
    const file = Deno.openSync(path, { read: true, append: true });
    // One that was removed before it could be locked is another process's, which has sent it.
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

  /** Paths of the files in a directory. */
  static list(directory: string): string[] {
    try {
      return Array.from(Deno.readDirSync(directory), ({ name }) => name)
        .filter((name) => name.endsWith(".jsonl")).sort().map((name) => join(directory, name));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw fsError(error, `read ${JSON.stringify(directory)}`);
    }
  }

  /** The entry to be sent next; `undefined` if all are sent. */
  get next(): SpoolEntry | undefined {
    return this.#entries[0];
  }

  /** Adds an entry; it survives a power cut on return, unless durability is relaxed. */
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

  /** Notes that the first entry was sent, or was refused for good. */
  shift(refusal?: Error): void {
    const entry = this.#entries.shift();
    if (refusal) {
      const line = `${encode({ ...entry, reason: refusal.message })}\n`;
      Deno.writeTextFileSync(`${this.path}${REFUSED}`, line, { append: true, mode: 0o600 });
    }
    this.#sent++;
    Deno.writeTextFileSync(`${this.path}${SENT}`, String(this.#sent), { mode: 0o600 });
  }

  /** Closes the file, and removes it if all is sent. */
  close(): void {
    if (this.#entries.length === 0) {
      for (const ending of ["", SENT]) {
        try {
          Deno.removeSync(`${this.path}${ending}`);
        } catch {
          // Nothing was sent of it, or the directory is gone.
        }
      }
    }
    this.#file.close();
  }
}

/** A line that a crash has cut was not acknowledged to anyone. */
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
