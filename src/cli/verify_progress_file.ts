/** File that stores the position of an interrupted verification. */
import type { VerifyPosition } from "../maintenance/verify_position.ts";
import { UsageError } from "./command.ts";

/** Minimum interval between two writes, in milliseconds. */
const INTERVAL = 1000;

/** A file that stores a position. */
export class VerifyProgressFile {
  readonly #path: string;
  #noted = 0;
  #writing: Promise<void> = Promise.resolve();

  /** Creates an accessor for the file at `path`. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Reads the position of an interrupted verification; `undefined` if there is no file.
   *
   * @throws {UsageError} If the file has other content, which would be overwritten.
   */
  async read(): Promise<VerifyPosition | undefined> {
    let text: string;
    try {
      text = await Deno.readTextFile(this.#path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    if (text === "") return undefined; // Left by a crash.
    try {
      const { runId, name } = JSON.parse(text) as Partial<VerifyPosition>;
      if (typeof runId === "string" && typeof name === "string") return { runId, name };
    } catch {
      // Rejected below.
    }
    throw new UsageError(
      `--resume takes a file that verify has written, or a new one, not ${
        JSON.stringify(this.#path)
      }`,
    );
  }

  /** Stores a position, at most once per interval. */
  note(position: VerifyPosition | undefined): void {
    const now = performance.now();
    if (now - this.#noted < INTERVAL) return;
    this.#noted = now;
    this.#writing = this.#writing.then(() => this.#write(position)).catch(() => {});
  }

  /** Stores a position. */
  async save(position: VerifyPosition | undefined): Promise<void> {
    await this.#writing;
    await this.#write(position);
  }

  /** Removes the file after a complete verification. */
  async remove(): Promise<void> {
    await this.#writing;
    await Deno.remove(this.#path).catch(() => {});
  }

  async #write(position: VerifyPosition | undefined): Promise<void> {
    if (position) await Deno.writeTextFile(this.#path, JSON.stringify(position) + "\n");
  }
}
