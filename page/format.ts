/** Numbers, times and sizes as a person reads them. */
import type { Num } from "./types.ts";

/** A metric's number as a number. */
export function toNumber(value: Num | undefined | null): number {
  return typeof value === "number" ? value : value == null ? NaN : Number(value);
}

/** A number with as many digits as one looks at. */
export function formatNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return minus(String(value));
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) {
    return minus(value.toExponential(Math.max(0, digits - 2)).replace(/\.?0+e/, "e"));
  }
  return minus(String(Number(value.toPrecision(digits))));
}

function minus(text: string): string {
  return text.replace(/^-/, "−").replace(/e-/, "e−").replace(/e\+/, "e");
}

/** Decimals that distinguish the numbers of a column; `undefined` if their sizes differ too much. */
export function decimalsOf(values: readonly number[]): number | undefined {
  const finite = values.filter((value) => Number.isFinite(value) && value !== 0);
  if (finite.length === 0) return undefined;
  if (finite.every(Number.isInteger)) return 0;
  const sizes = finite.map(Math.abs);
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  if (low < 1e-3 || high >= 1e6 || high / low > 1e5) return undefined;
  const different = new Set(finite).size;
  const least = Math.max(0, 2 - Math.floor(Math.log10(high)));
  for (let decimals = least; decimals < least + 3; decimals++) {
    if (new Set(finite.map((value) => value.toFixed(decimals))).size >= different * 0.9) {
      return decimals;
    }
  }
  return least + 3;
}

/** A number of a column whose numbers have the same decimals. */
export function formatInColumn(value: number, decimals: number | undefined): string {
  if (decimals === undefined || !Number.isFinite(value)) return formatNumber(value);
  return minus(value.toFixed(decimals));
}

/** A number of bytes: `1.4 MB`. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes == null || Number.isNaN(bytes)) return "–";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  while (bytes >= 999.5 && unit < units.length - 1) {
    bytes /= 1000;
    unit++;
  }
  return `${unit > 0 && bytes < 9.95 ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
}

/** Milliseconds as a duration: `5.6 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(milliseconds: number | null | undefined): string {
  if (milliseconds == null || !(milliseconds >= 0)) return "–";
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return pair(minutes, "min", Math.round(seconds) % 60, "s");
  const hours = Math.floor(Math.round(seconds / 60) / 60);
  if (hours < 24) return pair(hours, "h", Math.round(seconds / 60) % 60, "min");
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

function pair(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
}

/** How long ago a time was: `3 min ago`. */
export function formatAgo(time: number, now: number): string {
  const seconds = (now - time) / 1000;
  if (seconds < -60) return formatDate(time);
  if (seconds < 10) return "now";
  if (seconds < 60) return `${Math.round(seconds)} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.round(seconds / 3600)} h ago`;
  if (seconds < 86400 * 14) return `${Math.round(seconds / 86400)} d ago`;
  return formatDate(time);
}

const DATE = new Intl.DateTimeFormat("en-CA", {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
});

const FULL = new Intl.DateTimeFormat("en-GB", {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});

/** A day in the reader's zone. */
export function formatDate(time: number): string {
  return DATE.format(time);
}

/** An exact time in the reader's zone. */
export function formatTime(time: number | null | undefined): string {
  return time == null ? "–" : FULL.format(time);
}

/** A number with the noun that it counts. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

/** A param's value, which may be anything that JSON has. */
export function formatValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}
