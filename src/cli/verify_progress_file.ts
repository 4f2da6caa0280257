/** The file in which an interrupted verification keeps how far it has come. */
import type { VerifyPosition } from "../maintenance/verify_position.ts";
import { UsageError } from "./command.ts";

/** Milliseconds between two notes. */
const INTERVAL = 1000;

/** A file that holds a position. */
export class VerifyProgressFile {
  readonly #path: string;
  #noted = 0;
  #writing: Promise<void> = Promise.resolve();

  /** Keeps the position at `path`. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The position that an interrupted verification has left; `undefined` if there is no such file.
   *
   * @throws {UsageError} If the file is something else: it would be overwritten.
   */
  async read(): Promise<VerifyPosition | undefined> {
    let text: string;
    try {
      text = await Deno.readTextFile(this.#path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    if (text === "") return undefined; // A crash has come between.
    try {
      const { runId, name } = JSON.parse(text) as Partial<VerifyPosition>;
      if (typeof runId === "string" && typeof name === "string") return { runId, name };
    } catch {
      // Refused below.
    }
    throw new UsageError(
      `--resume takes a file that verify has written, or a new one, not ${
        JSON.stringify(this.#path)
      }`,
    );
  }

  /** Notes a position, now and then. */
  note(position: VerifyPosition | undefined): void {
    const now = performance.now();
    if (now - this.#noted < INTERVAL) return;
    this.#noted = now;
    this.#writing = this.#writing.then(() => this.#write(position)).catch(() => {});
  }

  /** Saves a position. */
  async save(position: VerifyPosition | undefined): Promise<void> {
    await this.#writing;
    await this.#write(position);
  }

  /** Removes the file: there is nothing left to do. */
  async remove(): Promise<void> {
    await this.#writing;
    await Deno.remove(this.#path).catch(() => {});
  }

  async #write(position: VerifyPosition | undefined): Promise<void> {
    if (position) await Deno.writeTextFile(this.#path, JSON.stringify(position) + "\n");
  }
}
