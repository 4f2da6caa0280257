/** Times and durations formatted for people. */

/** Formats a time to the second, in local time with its offset: `2026-01-31 13:00:00 +01:00`. */
export function formatTime(time: Date | null): string {
  if (time === null) return "";
  if (Number.isNaN(time.getTime())) return "?";
  const two = (number: number) => String(number).padStart(2, "0");
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return `${date} ${clock} ${zoneOf(time)}`;
}

/** Returns the offset of local time from UTC, in ISO 8601. */
function zoneOf(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const two = (number: number) => String(number).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(hours)}:${two(rest)}`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Formats a time relative to `now`: `3 min ago`; as a date if more than 30 days ago. */
export function formatAgo(time: Date | null, now: number): string {
  if (time === null) return "";
  const past = now - time.getTime();
  if (Number.isNaN(past)) return "?";
  // Clocks of several machines differ a little.
  if (past > -MINUTE && past < 5 * SECOND) return "now";
  if (past < 0 || past > 30 * DAY) return formatTime(time).slice(0, 10);
  if (past < MINUTE) return `${Math.floor(past / SECOND)} s ago`;
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min ago`;
  if (past < DAY) return `${Math.floor(past / HOUR)} h ago`;
  return past < 2 * DAY ? "1 day ago" : `${Math.floor(past / DAY)} days ago`;
}

/** Formats a duration, in milliseconds, in its two largest units: `2 h 5 min`. */
export function formatDuration(milliseconds: number): string {
  if (Number.isNaN(milliseconds)) return "?";
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`;
  if (milliseconds < SECOND) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 10 * SECOND) return `${(milliseconds / SECOND).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / SECOND);
  const units = [[seconds, "s"], [seconds / 60, "min"], [seconds / 3600, "h"], [
    seconds / 86400,
    "d",
  ]] as const;
  const steps = [60, 60, 24] as const;
  let at = 0;
  while (at < steps.length && units[at]![0] >= steps[at]!) at++;
  const whole = Math.floor(units[at]![0]);
  if (at === 0) return `${whole} s`;
  const rest = Math.floor((units[at]![0] - whole) * steps[at - 1]! + 1e-9);
  return `${whole} ${units[at]![1]}${rest > 0 ? ` ${rest} ${units[at - 1]![1]}` : ""}`;
}

/** Returns the duration of something in milliseconds; up to `now` if it has not ended. */
export function durationOf(start: Date, end: Date | null, now: number): number {
  return (end?.getTime() ?? now) - start.getTime();
}
