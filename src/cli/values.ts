/** Parsers of option and argument values. */
import { EdnValue, type ParamValue } from "../edn/mod.ts";
import { UsageError } from "./command.ts";

/** Parses an integer of 0 or more. */
export function parseCount(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`--${option} takes a whole number, not ${JSON.stringify(text)}`);
}

/** Parses an integer, possibly negative. */
export function parseInteger(option: string, text: string): number {
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new UsageError(`--${option} takes a whole number, not ${JSON.stringify(text)}`);
}

/** Parses a number of bytes: `1000`, `64kB`, `100MB`, `2GiB`. */
export function parseBytes(option: string, text: string): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b?)$/i.exec(text) ?? [];
  const power = "kmgt".indexOf(unit.slice(0, 1).toLowerCase()) + 1;
  const bytes = Number(digits) * (/i/i.test(unit) ? 1024 : 1000) ** (unit === "" ? 0 : power);
  if (digits !== undefined && bytes >= 1) return Math.floor(bytes);
  throw new UsageError(`--${option} takes a size such as 100MB, not ${JSON.stringify(text)}`);
}

/** Parses the params of `--param key=value`. */
export function parseParams(pairs: readonly string[]): Record<string, ParamValue> {
  return Object.fromEntries(pairs.map((pair): [string, ParamValue] => {
    const [key, text] = splitPair("--param", pair);
    return [key, parseJson(text)];
  }));
}

/** Parses the tags of `--tag key=value`. */
export function parseTags(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => splitPair("--tag", pair)));
}

/** Splits `key=value`. */
export function splitPair(what: string, pair: string): [key: string, value: string] {
  const equals = pair.indexOf("=");
  if (equals <= 0) throw new UsageError(`${what} takes key=value, not ${JSON.stringify(pair)}`);
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}

const OPERATORS = {
  "=": "eq",
  "!=": "ne",
  "<": "lt",
  "<=": "lte",
  ">": "gt",
  ">=": "gte",
} as const;

/** Splits a condition such as `loss<0.1`. */
export function splitTest(
  test: string,
): { key: string; operator: "eq" | "ne" | "lt" | "lte" | "gt" | "gte"; text: string } {
  const match = /^([^=!<>]+)(!=|<=|>=|=|<|>)(.*)$/s.exec(test);
  if (!match) {
    throw new UsageError(
      `${JSON.stringify(test)} is not a condition such as key=value or key<=value`,
    );
  }
  const [, key, operator, text] = match;
  return { key: key!, operator: OPERATORS[operator as keyof typeof OPERATORS], text: text! };
}

/** Parses the value of a metric, in any notation that programs print. */
export function parseMetric(key: string, text: string): number {
  const special = /^([+-]?)(nan|inf(inity)?)$/i.exec(text.trim());
  if (special) {
    if (special[2]!.toLowerCase() === "nan") return NaN;
    return special[1] === "-" ? -Infinity : Infinity;
  }
  const value = text.trim() === "" ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  if (!Number.isNaN(value)) {
    throw new UsageError(`the metric ${JSON.stringify(key)} is too large for a number: ${text}`);
  }
  throw new UsageError(
    `the metric ${JSON.stringify(key)} is not a number: ${JSON.stringify(text)}`,
  );
}

/** A number in JSON notation. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

/**
 * Parses the value of a param: as JSON if it is valid JSON, otherwise as text.
 *
 * A number that prints as the same text becomes a number, a larger integer a bigint. Any other
 * number, e.g. `0.10`, `1e-3` or one with too many digits, becomes an EDN decimal, which keeps the
 * typed text and compares by value.
 */
export function parseJson(text: string): ParamValue {
  if (text.trim() !== text) return text; // JSON would drop the spaces.
  try {
    // `source` is the text of each number as typed; it is missing for objects and arrays.
    const revive = (_: string, value: unknown, context?: { source?: string }) =>
      typeof value === "number" ? numberOf(context?.source ?? String(value)) : value;
    return JSON.parse(text, revive as (key: string, value: unknown) => unknown) as ParamValue;
  } catch {
    return text;
  }
}

function numberOf(text: string): ParamValue {
  const value = Number(text);
  if (!NUMBER.test(text) || String(value) === text) return value;
  if (/^-?[1-9]\d*$/.test(text)) return BigInt(text);
  return EdnValue.of(`${text}M`);
}
