/** JSON of protocol buffers: 64-bit integers as numbers or text, `NaN` and the infinities as text. */
import { invalid, MlflowError } from "./mlflow_error.ts";

/** Numbers that parsing may change: integers beyond 2^53, and very large exponents. */
const DELICATE = /(?<![\w."])-?\d{16,}(?![\w."])|[eE]\+?\d{3}/;

/** Number of digits of the largest double. */
const MOST_DIGITS = 309;

/** Parses a body. Integers beyond 2^53 become bigints, without loss of digits. */
export function parseProtoJson(text: string): unknown {
  try {
    return DELICATE.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch (error) {
    if (error instanceof MlflowError) throw error;
    throw invalid(`The request body is not JSON: ${(error as Error).message}`);
  }
}

function keepDigits(_: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== "number" || source === undefined) return value;
  if (!Number.isFinite(value) || source.length > MOST_DIGITS && /^-?\d+$/.test(source)) {
    throw invalid(`A number of the request body is too large: ${source.slice(0, 40)}`);
  }
  return /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? BigInt(source) : value;
}

/** Serializes a response. */
export function toProtoJson(value: unknown): string {
  return JSON.stringify(value, (_, item) => {
    if (typeof item !== "number" || Number.isFinite(item)) return item;
    return Number.isNaN(item) ? "NaN" : item > 0 ? "Infinity" : "-Infinity";
  });
}

/** Parses a double: a number, or text without JSON form; `undefined` for anything else. */
export function doubleOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "string") return undefined;
  const special = SPECIAL.get(value);
  if (special !== undefined) return special;
  const number = Number(value);
  return value.trim() === "" || Number.isNaN(number) ? undefined : number;
}

const SPECIAL: ReadonlyMap<string, number> = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
]);

/** Parses a 64-bit integer that a number can hold exactly; `undefined` for anything else. */
export function integerOf(value: unknown): number | undefined {
  if (typeof value === "string" ? !/^-?\d+$/.test(value) : typeof value !== "number") {
    return undefined;
  }
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}
