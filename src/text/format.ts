/** Values formatted for people. */
import { printable } from "./printable.ts";
import { EdnValue, type ParamValue, toEdn } from "../edn/mod.ts";

export { printable } from "./printable.ts";
export { formatTime } from "./time.ts";

/** Formats bytes with at most three digits and a unit: `1.4 MB`. */
export function formatBytes(bytes: number): string {
  if (Number.isNaN(bytes)) return "?";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  while (bytes >= 999.5 && unit < units.length - 1) {
    bytes /= 1000;
    unit++;
  }
  return `${unit > 0 && bytes < 9.95 ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
}

/** Formats a number with the noun it counts. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Formats a number with at most six significant digits. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value) && Math.abs(value) < 1e15) {
    return String(value);
  }
  return String(Number(value.toPrecision(6)));
}

/** Formats a param: text as is, JSON where the value has a JSON form, otherwise EDN. */
export function formatValue(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return String(value);
  // A decimal appears as typed; the suffix M belongs to EDN.
  if (value instanceof EdnValue && value.kind === "decimal") return value.text.replace(/M$/, "");
  const special = typeof value === "number" ||
    value instanceof EdnValue || value instanceof Map || value instanceof Set;
  return special ? toEdn(value as ParamValue) : toJson(value);
}

/**
 * Returns JSON, with non-JSON values (bigints, infinities, sets, maps) converted. Control
 * characters are escaped: they occur only in strings, where JSON reads the escape as the character.
 */
export function toJson(value: unknown): string {
  const json: string | undefined = JSON.stringify(value, (_, item) => {
    if (typeof item === "bigint") return String(item);
    if (typeof item === "number" && !Number.isFinite(item)) return String(item);
    if (item instanceof Set) return [...item];
    if (item instanceof Map) return [...item];
    return item;
  });
  return json === undefined ? "null" : printable(json);
}
