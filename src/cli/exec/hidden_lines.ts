/** Filter that keeps lines with log commands off the terminal. */
import { isLogLine, withoutEscapes } from "../logged_lines.ts";

const NEWLINE = 10;
const RETURN = 13;

/** Prefixes of such lines. */
const BEGINNINGS = ["::metric", "::param"];

/** Maximum number of bytes held back; log lines are shorter. */
const LONGEST = 64 * 1024;

/**
 * Passes bytes on, except lines with log commands. Holds back only a possible beginning of such a
 * line, so that prompts and progress bars appear immediately.
 */
export class HiddenLines {
  readonly #pass: (chunk: Uint8Array) => Promise<void>;
  #held: Uint8Array = new Uint8Array();
  #decided = false;

  /** Creates a filter that passes bytes to `pass`. */
  constructor(pass: (chunk: Uint8Array) => Promise<void>) {
    this.#pass = pass;
  }

  /** Processes the next bytes. */
  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      let end = at;
      while (end < chunk.length && chunk[end] !== NEWLINE && chunk[end] !== RETURN) end++;
      const ended = end < chunk.length;
      const piece = chunk.subarray(at, ended ? end + 1 : end);
      at += piece.length;
      if (this.#decided) await this.#pass(piece);
      else await this.#hold(piece, ended);
      if (ended) this.#decided = false;
    }
  }

  /** Processes the end: held bytes are passed on unless they are a log line. */
  async end(): Promise<void> {
    await this.#hold(new Uint8Array(), true);
  }

  async #hold(piece: Uint8Array, ended: boolean): Promise<void> {
    const held = new Uint8Array(this.#held.length + piece.length);
    held.set(this.#held);
    held.set(piece, this.#held.length);
    this.#held = held;
    const text = new TextDecoder().decode(held);
    if (ended ? isLogLine(text) : couldBeLogLine(text) && held.length <= LONGEST) {
      if (ended) this.#held = new Uint8Array();
      return;
    }
    this.#held = new Uint8Array();
    this.#decided = true;
    if (held.length > 0) await this.#pass(held);
  }
}

function couldBeLogLine(text: string): boolean {
  // A truncated escape sequence may be followed by such a line.
  // deno-lint-ignore no-control-regex
  const rest = withoutEscapes(text).replace(/\u001b[^\u001b]*$/, "").trimStart();
  return BEGINNINGS.some((beginning) => beginning.startsWith(rest) || rest.startsWith(beginning));
}
