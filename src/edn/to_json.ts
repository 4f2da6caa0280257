/** Stored values as JSON. */
import { EdnValue, type ParamValue, toEdn } from "./mod.ts";

/** Converts a number to JSON; numbers without JSON form become text. */
export function numberToJson(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** Converts a stored value to JSON; values without JSON form become text, in EDN if possible. */
export function toJson(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "number") return numberToJson(value);
  if (typeof value === "bigint") return String(value);
  if (value instanceof EdnValue) return value.kind === "keyword" ? value.value : value.text;
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Set) return [...value].map(toJson);
  if (value instanceof Map) {
    return Object.fromEntries(
      [...value].map(([key, item]) => [
        typeof key === "string" ? key : toEdn(key as ParamValue),
        toJson(item),
      ]),
    );
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}
