/** The text of `#inst`: RFC 3339, of which any part but the year may be left out. */
const INSTANT = new RegExp(
  String.raw`^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?)?)?)?` +
    String.raw`(?:Z|([-+])(\d\d):(\d\d))?$`,
);

/** The date of an instant; `undefined` where no date is exactly that, or there is no such day. */
export function parseInstant(text: unknown): Date | undefined {
  const found = typeof text === "string" ? INSTANT.exec(text) : null;
  if (!found) return undefined;
  const [, year, month = "01", day = "01", hour = "00", minute = "00", second = "00"] = found;
  const [fraction = "", sign = "+", offsetHour = "00", offsetMinute = "00"] = found.slice(7);
  if (/[1-9]/.test(fraction.slice(3)) || offsetHour > "23" || offsetMinute > "59") return undefined;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.` +
    `${fraction.slice(0, 3).padEnd(3, "0")}Z`;
  const at = Date.parse(local);
  // Which day is the 30th of February, is not ours to say.
  if (Number.isNaN(at) || new Date(at).toISOString() !== local) return undefined;
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  const date = new Date(sign === "-" ? at + offset : at - offset);
  return isWritable(date) ? date : undefined;
}

/** Whether a date has a year of four digits; any other cannot be written. */
export function isWritable(date: Date): boolean {
  return !Number.isNaN(date.getTime()) && /^\d/.test(date.toISOString());
}

/** The text of a date, as Clojure writes it. */
export function formatInstant(date: Date): string {
  return date.toISOString().replace("Z", "-00:00");
}
