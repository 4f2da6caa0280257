/** Values of trackio logs. */
import { doubleOf } from "../mlflow/proto_json.ts";

/** Contents of a log entry. */
export interface LogValues {
  /** Numbers by metric. */
  readonly numbers: readonly (readonly [key: string, value: number])[];
  /** All other values: text, tables, references to media. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** Texts for numbers that JSON cannot express. */
const SPECIAL = ["NaN", "Infinity", "-Infinity"];

/** Separates numbers from other values. Objects are flattened: `{"a": {"b": 1}}` becomes `a/b`. */
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

/** Whether a value is a user's object. Media and tables have a type. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !Object.hasOwn(value, "_type") && Object.keys(value).length > 0;
}

/** Converts JSON values to params; large integers become text. */
export function jsonParams(entries: readonly [string, unknown][]): Record<string, unknown> {
  const exact = (value: unknown): unknown => {
    if (typeof value === "bigint") return String(value);
    if (Array.isArray(value)) return value.map(exact);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, exact(item)]));
  };
  return Object.fromEntries(entries.map(([key, value]) => [key, exact(value)]));
}
