/** Reader of a filter's tokens. */
import { FilterError, quoted, type Token, tokenize } from "./filter_tokens.ts";

/** Reads tokens in order. */
export class TokenReader {
  readonly #tokens: Token[];
  readonly #end: number;
  #at = 0;

  /** Creates a reader for a text. */
  constructor(text: string) {
    this.#tokens = tokenize(text);
    this.#end = text.length;
  }

  /** Creates an error at the token that was read last. */
  errorAfter(message: string): FilterError {
    return new FilterError(message, this.#tokens[this.#at - 1]?.at ?? this.#end);
  }

  /** Creates an error at the next token. */
  errorAt(message: string): FilterError {
    return new FilterError(message, this.#tokens[this.#at]?.at ?? this.#end);
  }

  /** Returns the next token without reading it. */
  peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  /** Whether all tokens have been read. */
  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Reads the next token. */
  next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  /** Reads the next token if it is the given word, in any case. */
  takeWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.type !== "word" || token.text.toUpperCase() !== word) return false;
    this.#at++;
    return true;
  }

  /** Whether the next token is a name after a dot at the end of the previous token. */
  peekIsDotted(): boolean {
    const token = this.#tokens[this.#at];
    if (token?.type !== "word" || !token.text.startsWith(".")) return false;
    // In `tags`.key the dot belongs to the second token.
    this.#tokens[this.#at] = { type: "word", text: token.text.slice(1), at: token.at + 1 };
    if (token.text === ".") this.#at++;
    return true;
  }

  /** Returns the unread text, for messages. */
  rest(): string {
    return quoted(this.#tokens.slice(this.#at).map(({ text }) => text).join(" "));
  }
}
