/** Tokens of a filter. */
import { InvalidOptionError } from "../base/errors.ts";

/** The syntax of a filter or an order is invalid. */
export class FilterError extends InvalidOptionError {
  /** Position of the error in the text, in UTF-16 code units from 0. */
  readonly position: number;

  /** Creates the error. */
  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

/** A token: a name, possibly quoted, a literal or an operator. */
export interface Token {
  /** Type of the token. The context decides whether a quoted token is a name or text. */
  readonly type: "word" | "backtick" | "double" | "single" | "number" | "sign";
  /** Text without quotes. */
  readonly text: string;
  /** Position of its start. */
  readonly at: number;
}

const PATTERNS: readonly [Token["type"], RegExp][] = [
  ["single", /'((?:[^']|'')*)'/y],
  ["double", /"([^"]*)"/y],
  ["backtick", /`([^`]*)`/y],
  ["number", /(-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.\-/])/y],
  ["sign", /(<=|>=|!=|<|>|=|\(|\)|,)/y],
  ["word", /([\p{L}\p{N}_./-]+)/yu],
];

/** Maximum length of a filter, in characters: room for about ten thousand run ids. */
const LONGEST = 500_000;

/** Splits a filter into tokens. A dot that joins two names belongs to the first one. */
export function tokenize(filter: string): Token[] {
  if (filter.length > LONGEST) {
    throw new FilterError(
      `A filter has at most ${LONGEST} characters; this one has ${filter.length}`,
      LONGEST,
    );
  }
  const tokens: Token[] = [];
  for (let at = 0; at < filter.length;) {
    if (/\s/.test(filter[at]!)) {
      at++;
      continue;
    }
    const token = readToken(filter, at);
    if (!token) {
      throw new FilterError(
        `Invalid clause(s) in filter string: cannot read ${quoted(filter.slice(at))}`,
        at,
      );
    }
    tokens.push(token.token);
    at = token.end;
  }
  return tokens;
}

function readToken(filter: string, at: number): { token: Token; end: number } | undefined {
  for (const [type, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const match = pattern.exec(filter);
    if (!match) continue;
    const text = type === "single" ? match[1]!.replaceAll("''", "'") : match[1]!;
    return { token: { type, text, at }, end: pattern.lastIndex };
  }
}

/** Quotes the beginning of a text, for messages. */
export function quoted(text: string): string {
  return `'${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`;
}
