/** Values of trackio logs. */
import { doubleOf } from "../mlflow/proto_json.ts";

/** What one log entry holds. */
export interface LogValues {
  /** Numbers by metric. */
  readonly numbers: readonly (readonly [key: string, value: number])[];
  /** Everything else: text, tables, references to media. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** Texts that stand for numbers which JSON lacks. */
const SPECIAL = ["NaN", "Infinity", "-Infinity"];

/** Separates numbers from what is none. Objects are flattened: `{"a": {"b": 1}}` is `a/b`. */
export function splitValues(values: Readonly<Record<string, unknown>>): LogValues {
  const numbers: [string, number][] = [];
  const others: Record<string, unknown> = Object.create(null);
  const add = (key: string, value: unknown) => {
    if (typeof value === "number" || typeof value === "bigint") numbers.push([key, Number(value)]);
    else if (typeof value === "boolean") numbers.push([key, Number(value)]);
    else if (typeof value === "string" && SPECIAL.includes(value)) {
      numbers.push([key, doubleOf(value)!]);
    } else if (isPlain(value)) {
      for (const [name, item] of Object.entries(value)) add(`${key}/${name}`, item);
    } else others[key] = value;
  };
  for (const [key, value] of Object.entries(values)) add(key, value);
  return { numbers, others };
}

/** Whether a value is an object of a user's own: media and tables bear a type. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !Object.hasOwn(value, "_type") && Object.keys(value).length > 0;
}

/** JSON values as params; large whole numbers become the text of their digits. */
export function jsonParams(entries: readonly [string, unknown][]): Record<string, unknown> {
  const exact = (value: unknown): unknown => {
    if (typeof value === "bigint") return String(value);
    if (Array.isArray(value)) return value.map(exact);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, exact(item)]));
  };
  return Object.fromEntries(entries.map(([key, value]) => [key, exact(value)]));
}
