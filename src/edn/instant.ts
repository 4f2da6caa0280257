/** Text of `#inst`: RFC 3339, where every part except the year is optional. */
const INSTANT = new RegExp(
  String.raw`^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?)?)?)?` +
    String.raw`(?:Z|([-+])(\d\d):(\d\d))?$`,
);

/**
 * Parses an instant. Returns `undefined` if the day does not exist or a `Date` cannot hold it
 * exactly.
 */
export function parseInstant(text: unknown): Date | undefined {
  const found = typeof text === "string" ? INSTANT.exec(text) : null;
  if (!found) return undefined;
  const [, year, month = "01", day = "01", hour = "00", minute = "00", second = "00"] = found;
  const [fraction = "", sign = "+", offsetHour = "00", offsetMinute = "00"] = found.slice(7);
  if (/[1-9]/.test(fraction.slice(3)) || offsetHour > "23" || offsetMinute > "59") return undefined;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.` +
    `${fraction.slice(0, 3).padEnd(3, "0")}Z`;
  const at = Date.parse(local);
  // Reject days that do not exist, e.g. 30 February, instead of shifting them.
  if (Number.isNaN(at) || new Date(at).toISOString() !== local) return undefined;
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  const date = new Date(sign === "-" ? at + offset : at - offset);
  return isWritable(date) ? date : undefined;
}

/** Whether a date has a four-digit year; others cannot be written. */
export function isWritable(date: Date): boolean {
  return !Number.isNaN(date.getTime()) && /^\d/.test(date.toISOString());
}

/** Formats a date as Clojure does. */
export function formatInstant(date: Date): string {
  return date.toISOString().replace("Z", "-00:00");
}
