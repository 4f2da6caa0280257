/** Curves as a text chart with axes. */
import { formatNumber } from "../text/format.ts";
import { Canvas } from "./braille.ts";

/** One curve of a chart. */
export interface Line {
  readonly xs: ArrayLike<number>;
  readonly ys: ArrayLike<number>;
}

/** Options for drawing a chart. */
export interface ChartOptions {
  /** Width in characters, including the axis. */
  readonly columns: number;
  /** Height in characters, without the axis. */
  readonly rows: number;
  /** Whether the vertical axis is logarithmic. */
  readonly log: boolean;
  /** Formats a run of characters of the curve with the given index. */
  readonly paint: (text: string, line: number) => string;
  /** Formats a value of the horizontal axis. */
  readonly formatX: (x: number) => string;
}

/** Range of all curves of a chart. */
export interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Returns the range of curves; `undefined` if nothing can be drawn. A logarithmic axis ignores
 * values up to 0.
 */
export function boundsOf(lines: readonly Line[], log: boolean): Bounds | undefined {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { xs, ys } of lines) {
    for (let at = 0; at < xs.length; at++) {
      if (!isDrawn(ys[at]!, log)) continue;
      [left, right] = [Math.min(left, xs[at]!), Math.max(right, xs[at]!)];
      [low, high] = [Math.min(low, ys[at]!), Math.max(high, ys[at]!)];
    }
  }
  return left === Infinity ? undefined : { left, right, low, high };
}

function isDrawn(y: number, log: boolean): boolean {
  return Number.isFinite(y) && (!log || y > 0);
}

/** Draws curves within a range. */
export function chart(lines: readonly Line[], bounds: Bounds, options: ChartOptions): string {
  const { columns, rows, log, paint, formatX } = options;
  const labels = new Map([
    [0, formatNumber(bounds.high)],
    [Math.floor((rows - 1) / 2), formatNumber(middleOf(bounds, log))],
    [rows - 1, formatNumber(bounds.low)],
  ]);
  const margin = Math.max(...[...labels.values()].map(({ length }) => length));
  const canvas = new Canvas(Math.max(columns - margin - 2, 8), rows);
  lines.forEach((line, pen) => draw(canvas, line, pen, bounds, log));
  const drawn = canvas.rows(paint).map((row, at) => {
    const label = labels.get(at);
    return `${(label ?? "").padStart(margin)} ${label === undefined ? "│" : "┤"}${row}`.trimEnd();
  });
  const [left, right] = [formatX(bounds.left), formatX(bounds.right)];
  const across = canvas.width / 2;
  const gap = Math.max(across - left.length - right.length, 1);
  return [
    ...drawn,
    `${" ".repeat(margin)} └${"─".repeat(across)}`,
    `${" ".repeat(margin + 2)}${left}${" ".repeat(gap)}${right}`,
  ].map((row) => `${row}\n`).join("");
}

function middleOf({ low, high }: Bounds, log: boolean): number {
  return log ? Math.sqrt(low * high) : low + (high - low) / 2;
}

function draw(canvas: Canvas, { xs, ys }: Line, pen: number, bounds: Bounds, log: boolean): void {
  const scale = log ? Math.log : (value: number) => value;
  const [low, high] = [scale(bounds.low), scale(bounds.high)];
  const part = (value: number, from: number, to: number) =>
    to > from ? (value - from) / (to - from) : 0.5;
  let before: [x: number, y: number] | undefined;
  for (let at = 0; at < xs.length; at++) {
    if (!isDrawn(ys[at]!, log)) continue;
    const x = Math.round(part(xs[at]!, bounds.left, bounds.right) * (canvas.width - 1));
    const y = Math.round((1 - part(scale(ys[at]!), low, high)) * (canvas.height - 1));
    canvas.line(...before ?? [x, y], x, y, pen);
    before = [x, y];
  }
}
