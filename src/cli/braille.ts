/** Dot graphics in text: a braille character holds two by four dots. */

/** Columns and rows of dots per character. */
const [ACROSS, DOWN] = [2, 4];

/** Bit of each dot in a braille character, by row and column. */
const BITS = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]] as const;

/** A canvas of dots. */
export class Canvas {
  /** Width in dots. */
  readonly width: number;
  /** Height in dots. */
  readonly height: number;
  readonly #columns: number;
  readonly #patterns: Uint8Array;
  readonly #pens: Int16Array;

  /** Creates an empty canvas of the given size in characters. */
  constructor(columns: number, rows: number) {
    this.width = columns * ACROSS;
    this.height = rows * DOWN;
    this.#columns = columns;
    this.#patterns = new Uint8Array(columns * rows);
    this.#pens = new Int16Array(columns * rows).fill(-1);
  }

  /**
   * Draws a line between two dots; `0, 0` is the top left. The pen identifies the line for `paint`.
   */
  line(x0: number, y0: number, x1: number, y1: number, pen: number): void {
    const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
    for (let at = 0; at <= steps; at++) {
      this.#dot(
        Math.round(x0 + (x1 - x0) * at / steps),
        Math.round(y0 + (y1 - y0) * at / steps),
        pen,
      );
    }
  }

  #dot(x: number, y: number, pen: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const cell = Math.floor(y / DOWN) * this.#columns + Math.floor(x / ACROSS);
    this.#patterns[cell]! |= BITS[y % DOWN]![x % ACROSS]!;
    this.#pens[cell] = pen;
  }

  /** Returns the rows of text, with each run of one pen formatted by `paint`. */
  rows(paint: (text: string, pen: number) => string): string[] {
    const rows: string[] = [];
    for (let start = 0; start < this.#patterns.length; start += this.#columns) {
      let row = "";
      for (let from = start; from < start + this.#columns;) {
        const pen = this.#pens[from]!;
        let to = from;
        while (to < start + this.#columns && this.#pens[to] === pen) to++;
        row += pen < 0 ? " ".repeat(to - from) : paint(this.#text(from, to), pen);
        from = to;
      }
      rows.push(row);
    }
    return rows;
  }

  #text(from: number, to: number): string {
    return String.fromCharCode(
      ...this.#patterns.subarray(from, to).values().map((bits) => 0x2800 + bits),
    );
  }
}

const BARS = "▁▂▃▄▅▆▇█";

/** Draws a curve as one line of text of at most `width` characters. */
export function sparkline(values: ArrayLike<number>, width: number): string {
  const finite = Array.from(values).filter(Number.isFinite);
  if (finite.length === 0) return "";
  const count = Math.min(width, finite.length);
  // The mean of each section; a single value would be arbitrary.
  const means = Array.from({ length: count }, (_, at) => {
    const part = finite.slice(
      Math.floor(at * finite.length / count),
      Math.floor((at + 1) * finite.length / count),
    );
    return part.reduce((sum, value) => sum + value / part.length, 0);
  });
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return means.map((mean) => {
    const part = high > low ? (mean - low) / (high - low) : 0.5;
    return BARS[Math.round(part * (BARS.length - 1))];
  }).join("");
}
