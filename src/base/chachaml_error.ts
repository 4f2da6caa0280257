/** Base class of the package's errors. */
import type { Named, Phrase } from "./phrase.ts";

/** Base class of all errors that this package throws by itself. */
export class ChachamlError extends Error {
  /** Stable, machine-readable kind of error, e.g. `"artifact-exists"`. */
  readonly code: string;

  readonly #words: Phrase | string;

  /** Creates an error of the kind `code`. */
  constructor(code: string, message: string | Phrase, options?: ErrorOptions) {
    super(String(message), options);
    this.code = code;
    this.name = new.target.name;
    this.#words = message;
  }

  /** @ignore Returns the message with names of the library written by another interface. */
  messageIn(write: (named: Named) => string): string {
    return typeof this.#words === "string" ? this.message : this.#words.in(write);
  }
}

/** Returns a value in double quotes for a message, escaped and cut after 200 characters. */
export function quote(value: unknown): string {
  const text = typeof value === "string" ? value : Deno.inspect(value);
  const short = text.length > 200 ? text.slice(0, 200) + "…" : text;
  return JSON.stringify(short);
}
