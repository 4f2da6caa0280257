/** Values as a person reads them in a terminal. */

/** Text without what would steer a terminal or break a line: a name can come from anywhere. */
export function printable(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

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

/** A time to the second, in UTC: `2026-01-31 12:00:00`. */
export function formatTime(time: Date | null): string {
  if (time === null) return "";
  return Number.isNaN(time.getTime()) ? "?" : time.toISOString().slice(0, 19).replace("T", " ");
}

/** Rows under a head, in columns as wide as they need; numbers and sizes are set to the right. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const cells = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column]!))));
  return cells.map((row) =>
    row.map((cell, column) => {
      const padding = " ".repeat(widths[column]! - widthOf(cell));
      return right.includes(head[column]!) ? padding + cell : cell + padding;
    }).join("  ").trimEnd() + "\n"
  ).join("");
}

function widthOf(text: string): number {
  return [...text].length;
}
