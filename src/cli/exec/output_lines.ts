/** Bytes cut into lines, as terminals show them: a carriage return begins a line too. */

/** Characters that a line may have; a longer one is none of those that are looked for. */
const LONGEST = 64 * 1024;

/** Cuts bytes into lines and passes each on. */
export class OutputLines {
  readonly #decoder = new TextDecoder();
  readonly #onLine: (line: string) => Promise<void>;
  #rest = "";
  #tooLong = false;

  /** Passes lines on to `onLine`, one after the other. */
  constructor(onLine: (line: string) => Promise<void>) {
    this.#onLine = onLine;
  }

  /** Takes the next bytes. */
  async take(chunk: Uint8Array): Promise<void> {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/\r?\n|\r/);
    this.#rest = lines.pop()!;
    for (const line of lines) await this.#end(line);
    if (this.#rest.length > LONGEST) {
      this.#tooLong = true;
      this.#rest = "";
    }
  }

  /** Takes the end: what comes last need not end its line. */
  async end(): Promise<void> {
    if (this.#rest !== "") await this.#end(this.#rest);
    this.#rest = "";
  }

  async #end(line: string): Promise<void> {
    // Of a line that was too long, this is but the end.
    if (!this.#tooLong && line.length <= LONGEST) await this.#onLine(line);
    this.#tooLong = false;
  }
}
