/** Values of options and arguments, checked. */
import type { JsonValue } from "../artifacts/put_source.ts";
import { UsageError } from "./command.ts";

/** A whole number, 0 or more. */
export function parseCount(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`--${option} takes a whole number, not ${JSON.stringify(text)}`);
}

/** A whole number, negative ones too. */
export function parseInteger(option: string, text: string): number {
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new UsageError(`--${option} takes a whole number, not ${JSON.stringify(text)}`);
}

/** The two parts of `key=value`. */
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

/** The parts of a test such as `loss<0.1`. */
export function splitTest(
  test: string,
): { key: string; operator: "eq" | "ne" | "lt" | "lte" | "gt" | "gte"; text: string } {
  const match = /^([^=!<>]+)(!=|<=|>=|=|<|>)(.*)$/s.exec(test);
  if (!match) {
    throw new UsageError(`${JSON.stringify(test)} is no test such as key=value or key<=value`);
  }
  const [, key, operator, text] = match;
  return { key: key!, operator: OPERATORS[operator as keyof typeof OPERATORS], text: text! };
}

/** The value of a metric, in any form in which programs print numbers. */
export function parseMetric(key: string, text: string): number {
  const special = /^([+-]?)(nan|inf(inity)?)$/i.exec(text.trim());
  if (special) {
    if (special[2]!.toLowerCase() === "nan") return NaN;
    return special[1] === "-" ? -Infinity : Infinity;
  }
  const value = text.trim() === "" ? NaN : Number(text);
  if (!Number.isNaN(value)) return value;
  throw new UsageError(`the metric ${JSON.stringify(key)} is no number: ${JSON.stringify(text)}`);
}

/** The value of a param: JSON where it is that, else the text as it is. */
export function parseJson(text: string): JsonValue | bigint {
  // Beyond 2^53 a number would not keep its last digits, and seeds are such numbers.
  if (/^-?[1-9]\d*$/.test(text) && !Number.isSafeInteger(Number(text))) return BigInt(text);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
