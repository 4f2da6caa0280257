/** Reads the words of a filter. */
import { FilterError, quoted, type Token, tokenize } from "./filter_tokens.ts";

/** Reads tokens one after the other. */
export class TokenReader {
  readonly #tokens: Token[];
  readonly #end: number;
  #at = 0;

  /** Reads the tokens of a text. */
  constructor(text: string) {
    this.#tokens = tokenize(text);
    this.#end = text.length;
  }

  /** An error at the token that was read last. */
  behind(message: string): FilterError {
    return new FilterError(message, this.#tokens[this.#at - 1]?.at ?? this.#end);
  }

  /** An error at the token that comes next. */
  ahead(message: string): FilterError {
    return new FilterError(message, this.#tokens[this.#at]?.at ?? this.#end);
  }

  /** The token that comes next. */
  peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  /** Whether all tokens are read. */
  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Reads a token. */
  next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  /** Reads a word if it is the one given, in any case. */
  takeWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.type !== "word" || token.text.toUpperCase() !== word) return false;
    this.#at++;
    return true;
  }

  /** Whether what comes next is a name behind a dot: the token before ended in one. */
  peekIsDotted(): boolean {
    const token = this.#tokens[this.#at];
    if (token?.type !== "word" || !token.text.startsWith(".")) return false;
    // `tags`.key: the dot belongs to the second word.
    this.#tokens[this.#at] = { type: "word", text: token.text.slice(1), at: token.at + 1 };
    if (token.text === ".") this.#at++;
    return true;
  }

  /** What is not read yet, for a message. */
  rest(): string {
    return quoted(this.#tokens.slice(this.#at).map(({ text }) => text).join(" "));
  }
}
