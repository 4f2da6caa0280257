/** JSON that preserves the text of numbers: `1.0` is not `1`, and no digit is lost. */
import { invalid } from "./mlflow_error.ts";

/** A number with its text. `JSON.stringify` writes the text. */
interface ExactNumber {
  readonly rawJSON: string;
}

/** An object of exact JSON. */
export type ExactObject = Record<string, unknown>;

const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
};

/** Parses the JSON text of a request's field; its numbers become {@linkcode ExactNumber}. */
export function parseExact(name: string, text: string): unknown {
  try {
    return JSON.parse(
      text,
      (_: string, value: unknown, context?: { source?: string }) =>
        typeof value === "number" ? rawJSON(context!.source!) : value,
    );
  } catch (error) {
    throw invalid(`Invalid value for parameter '${name}': ${(error as Error).message}`);
  }
}

/** Checks that a parsed value is an object. */
export function exactObject(name: string, value: unknown): ExactObject {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (isObject && !isRawJSON(value)) return value as ExactObject;
  throw invalid(`Invalid value for parameter '${name}': it must be a JSON object`);
}

/** The text of a number; `undefined` for anything else. */
export function numberText(value: unknown): string | undefined {
  return isRawJSON(value) ? value.rawJSON : undefined;
}

/** JSON with the members of objects in order: equal for equal values. */
export function canonicalJson(value: unknown): string {
  const sorted = (_: string, item: unknown) =>
    typeof item !== "object" || item === null || Array.isArray(item) || isRawJSON(item)
      ? item
      : Object.fromEntries(Object.entries(item).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
  return JSON.stringify(value, sorted);
}
