/** Splits bytes into lines as terminals do: a carriage return also starts a line. */

/** Maximum length of a line, in characters; longer lines cannot be log commands. */
const LONGEST = 64 * 1024;

/** Splits bytes into lines and passes each one on. */
export class OutputLines {
  readonly #decoder = new TextDecoder();
  readonly #onLine: (line: string) => Promise<void>;
  #rest = "";
  #tooLong = false;

  /** Creates a splitter that passes lines to `onLine`, in order. */
  constructor(onLine: (line: string) => Promise<void>) {
    this.#onLine = onLine;
  }

  /** Processes the next bytes. */
  async write(chunk: Uint8Array): Promise<void> {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/\r?\n|\r/);
    this.#rest = lines.pop()!;
    for (const line of lines) await this.#end(line);
    if (this.#rest.length > LONGEST) {
      this.#tooLong = true;
      this.#rest = "";
    }
  }

  /** Processes the end; the last line may lack a line break. */
  async end(): Promise<void> {
    if (this.#rest !== "") await this.#end(this.#rest);
    this.#rest = "";
  }

  async #end(line: string): Promise<void> {
    // The end of a line that was too long is not a line.
    if (!this.#tooLong && line.length <= LONGEST) await this.#onLine(line);
    this.#tooLong = false;
  }
}
