/** Tables for people, limited to the width of the terminal. */
import { printable } from "../text/printable.ts";
import type { Io } from "./io.ts";
import { type Measure, measureFor } from "./text_width.ts";

/** Minimum width of a column when space is short. */
const NARROW = 8;

/** Gap between two columns. */
const GAP = "  ";

const BOLD = "\u001b[1m";
const RESET = "\u001b[0m";

/** Colors of meaningful words. */
const COLORS: Record<string, string> = {
  completed: "\u001b[32m",
  failed: "\u001b[31m",
  running: "\u001b[36m",
  production: "\u001b[32m",
  staging: "\u001b[33m",
};

/**
 * Prints rows below a header; the columns named in `right` are right-aligned. If the terminal is
 * too narrow, each row becomes a block with one line per cell.
 */
export async function printTable(
  io: Io,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): Promise<void> {
  const cells = [head, ...rows].map((row) => row.map(printable));
  const measure = await measureFor(cells.flat());
  const widths = fit(cells, io.columns, measure);
  if (io.columns !== undefined && totalOf(widths) > io.columns) {
    return await io.stdout(stacked(cells, io, io.columns, measure));
  }
  const lines = cells.map((row, at) =>
    row.map((cell, column) => {
      const text = cut(cell, widths[column]!, measure);
      const padding = " ".repeat(widths[column]! - measure(text));
      const painted = io.colors ? paint(text, at === 0) : text;
      return right.includes(head[column]!) ? padding + painted : painted + padding;
    }).join(GAP).trimEnd() + "\n"
  );
  await io.stdout(lines.join(""));
}

/** Returns the number of terminal columns that a table needs. */
export async function widthOf(rows: readonly (readonly string[])[]): Promise<number> {
  const cells = rows.map((row) => row.map(printable));
  const widths = fit(cells, undefined, await measureFor(cells.flat()));
  return totalOf(widths);
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
}

/** Formats rows as blocks with headings on the left, without empty cells. */
function stacked(
  [head, ...rows]: readonly (readonly string[])[],
  io: Io,
  room: number,
  measure: Measure,
): string {
  const left = Math.max(...head!.map(measure));
  const right = Math.max(room - left - GAP.length, 1);
  const blocks = rows.map((row) =>
    row.map((cell, column) => {
      if (cell === "") return "";
      const title = head![column]! + " ".repeat(left - measure(head![column]!));
      const text = cut(cell, right, measure);
      return (io.colors ? paint(title, true) + GAP + paint(text, false) : title + GAP + text) +
        "\n";
    }).join("")
  );
  return blocks.join("\n");
}

/** Returns the widths of the columns; if they exceed the space, the widest ones shrink. */
function fit(
  cells: readonly (readonly string[])[],
  room: number | undefined,
  measure: Measure,
): number[] {
  // Not `Math.max(...)`, because rows may exceed the maximum number of arguments.
  const widths = cells[0]!.map((_, column) =>
    cells.reduce((width, row) => Math.max(width, measure(row[column]!)), 0)
  );
  if (room === undefined) return widths;
  let excess = totalOf(widths) - room;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= NARROW) break;
    widths[widths.indexOf(widest)]!--;
    excess--;
  }
  return widths;
}

function cut(text: string, width: number, measure: Measure): string {
  if (measure(text) <= width) return text;
  let kept = "";
  // Cut between graphemes: an emoji of several code points stays intact.
  const characters = new Intl.Segmenter("en", { granularity: "grapheme" });
  let room = width - 1;
  for (const { segment } of characters.segment(text)) {
    room -= measure(segment);
    if (room < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}

function paint(text: string, isHead: boolean): string {
  const color = isHead ? BOLD : Object.hasOwn(COLORS, text) ? COLORS[text] : undefined;
  return color === undefined ? text : color + text + RESET;
}
