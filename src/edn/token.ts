/** Parses tokens (numbers, keywords, symbols, characters) as Clojure does. */
import { type Atom, EdnSyntaxError } from "./form.ts";

const INTEGER =
  /^([-+]?)(?:(0)|([1-9]\d*)|0[xX]([\dA-Fa-f]+)|0([0-7]+)|([1-9]\d?)[rR]([\dA-Za-z]+)|0\d+)(N)?$/;
const RATIO = /^\+?(-?\d+)\/(\d+)$/;
const FLOAT = /^([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)(M)?$/;
const SYMBOL = /^:?([^\d/].*\/)?(\/|[^\d/][^/]*)$/s;

/** Name of a keyword after its colon: the EDN specification, extended to all letters. */
const KEYWORD_PART = String.raw`(?:[\p{L}*!_?$%&=<>]|[-+.](?!\d))[\p{L}\p{M}\p{N}*!_?$%&=<>.+\-]*`;
const KEYWORD = new RegExp(`^${KEYWORD_PART}(?:/${KEYWORD_PART})?$`, "u");

/**
 * Maximum digits of an integer with a radix. `BigInt` does not parse these, and this parser takes
 * quadratic time.
 */
const MAX_RADIX_DIGITS = 1000;

/** The longest other integer: a megabyte of digits would keep every reader busy for seconds. */
const MAX_DIGITS = 100_000;

const CONSTANTS = new Map<string, null | boolean>([["nil", null], ["true", true], [
  "false",
  false,
]]);

const CHARACTERS = new Map([
  ["newline", "\n"],
  ["return", "\r"],
  ["space", " "],
  ["tab", "\t"],
  ["backspace", "\b"],
  ["formfeed", "\f"],
]);

/** Whether a name can be written as a keyword that every EDN reader accepts. */
export function canBeKeyword(name: string): boolean {
  return KEYWORD.test(name);
}

/** Parses a number: a digit, optionally after a sign. */
export function readNumber(text: string): Atom {
  if (text.length > MAX_DIGITS) throw new EdnSyntaxError("it has a number too long to read");
  const integer = INTEGER.exec(text);
  if (integer) return readInteger(integer, text);
  const float = FLOAT.exec(text);
  if (float) {
    const value = Number(float[1]);
    return float[2] ? { type: "decimal", value, text } : { type: "plain", value, text };
  }
  const ratio = RATIO.exec(text);
  if (!ratio) throw new EdnSyntaxError("it has an invalid number");
  const denominator = BigInt(ratio[2]!);
  if (denominator === 0n) throw new EdnSyntaxError("it divides by zero");
  return { type: "ratio", numerator: BigInt(ratio[1]!), denominator, text };
}

function readInteger(match: RegExpExecArray, text: string): Atom {
  const [, sign, zero, decimal, hex, octal, radix, digits, suffix] = match;
  const size = zero ?? decimal;
  let value: bigint;
  if (size !== undefined) value = BigInt(size);
  else if (hex !== undefined) value = BigInt(`0x${hex}`);
  else if (octal !== undefined) value = BigInt(`0o${octal}`);
  else if (digits !== undefined) value = inRadix(digits, Number(radix));
  else throw new EdnSyntaxError("it has an invalid number");
  if (sign === "-") value = -value;
  const suffixed = suffix !== undefined;
  if (!suffixed && isSafe(value)) return { type: "plain", value: Number(value), text };
  return { type: "integer", value, suffixed, text };
}

function inRadix(digits: string, radix: number): bigint {
  if (digits.length > MAX_RADIX_DIGITS) {
    throw new EdnSyntaxError("it has a number too long to read");
  }
  let value = 0n;
  for (const digit of digits) {
    const size = parseInt(digit, 36);
    if (size >= radix || radix > 36) throw new EdnSyntaxError("it has an invalid number");
    value = value * BigInt(radix) + BigInt(size);
  }
  return value;
}

/** Whether a number holds an integer exactly and unambiguously. */
export function isSafe(value: bigint): boolean {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
}

/** Parses a keyword, a symbol, `nil`, `true` or `false`. */
export function readName(text: string): Atom {
  const constant = CONSTANTS.get(text);
  if (constant !== undefined) return { type: "plain", value: constant, text };
  const [found, namespace, name] = SYMBOL.exec(text) ?? [];
  if (!found || namespace?.endsWith(":/") || name!.endsWith(":") || text.includes("::")) {
    throw new EdnSyntaxError("it has an invalid symbol or keyword");
  }
  return text.startsWith(":")
    ? { type: "keyword", name: text.slice(1), text }
    : { type: "symbol", name: text, text };
}

/** Parses a character. `name` is the text after the backslash. */
export function readCharacter(name: string, text: string): Atom {
  const value = CHARACTERS.get(name) ?? (name.length === 1 ? name : fromCode(name));
  if (value === undefined) throw new EdnSyntaxError("it has an unknown character");
  return { type: "character", value, text };
}

function fromCode(name: string): string | undefined {
  const hex = /^u([\dA-Fa-f]{4})$/.exec(name)?.[1];
  const octal = /^o([0-3]?[0-7]{1,2})$/.exec(name)?.[1];
  if (hex === undefined && octal === undefined) return undefined;
  const code = hex === undefined ? parseInt(octal!, 8) : parseInt(hex, 16);
  // A lone surrogate is not a character.
  return code >= 0xd800 && code <= 0xdfff ? undefined : String.fromCharCode(code);
}
