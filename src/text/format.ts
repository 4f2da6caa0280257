/** Values as a person reads them in a terminal. */
import { printable } from "./printable.ts";
import { EdnValue, type ParamValue, toEdn } from "../edn/mod.ts";

export { printable } from "./printable.ts";
export { formatTime } from "./time.ts";

/** A number of bytes in the unit that gives it three digits at most: `1.4 MB`. */
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

/** A number with the noun that it counts. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A number with as many digits as one looks at. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value) && Math.abs(value) < 1e15) {
    return String(value);
  }
  return String(Number(value.toPrecision(6)));
}

/** A param's value: text as it is, JSON where it has such a form, else EDN. */
export function formatValue(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return String(value);
  // A decimal as it was typed; the suffix is EDN's.
  if (value instanceof EdnValue && value.kind === "decimal") return value.text.replace(/M$/, "");
  const special = typeof value === "number" ||
    value instanceof EdnValue || value instanceof Map || value instanceof Set;
  return special ? toEdn(value as ParamValue) : toJson(value);
}

/**
 * JSON of values that JSON has no form for, too: numbers and sets, for instance. What would steer a
 * terminal is escaped: it stands only inside strings, where JSON reads an escape as the character.
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
