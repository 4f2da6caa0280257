/** Scales and axes of plots. */
import { formatNumber } from "../text/format.ts";
import { type Html, markup } from "./html.ts";

/** Maps values to pixels along one axis. */
export interface Scale {
  /** Returns the pixel of a value. */
  at(value: number): number;
  /** Round values within the range, for tick marks. */
  readonly ticks: readonly number[];
}

/** Creates a scale from the range of `numbers`, at least one, to a range of pixels. */
export function scaleOf(
  numbers: readonly number[],
  [from, to]: readonly [number, number],
  log: boolean,
): Scale {
  let [low, high] = [Infinity, -Infinity];
  for (const number of numbers) [low, high] = [Math.min(low, number), Math.max(high, number)];
  const turn = log ? Math.log10 : (value: number) => value;
  const [start, end] = [turn(low), turn(high)];
  // Halved, because the width of a range of huge numbers can overflow.
  const width = end / 2 - start / 2;
  return {
    at: (value) =>
      width === 0 ? (from + to) / 2 : from + (to - from) * ((turn(value) / 2 - start / 2) / width),
    ticks: log ? decades(low, high) : roundTicks(low, high),
  };
}

/** Returns about five round numbers, spaced by 1, 2 or 5 times a power of ten. */
function roundTicks(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step); tick * step <= high; tick++) {
    ticks.push(Number((tick * step).toPrecision(12)));
  }
  return ticks;
}

function decades(low: number, high: number): number[] {
  const ticks: number[] = [];
  const every = Math.max(1, Math.ceil(Math.log10(high / low) / 6));
  for (let power = Math.ceil(Math.log10(low)); 10 ** power <= high; power += every) {
    ticks.push(10 ** power);
  }
  return ticks.length > 0 ? ticks : [low, high];
}

/** Draws tick marks with their numbers, and faint grid lines. */
export function axis(
  scale: Scale,
  { at, to, vertical }: { at: number; to: number; vertical: boolean },
): Html {
  const marks = scale.ticks.map((tick) => {
    const place = scale.at(tick).toFixed(1);
    const [line, text] = vertical
      ? [
        markup`x1="${at}" x2="${to}" y1="${place}" y2="${place}"`,
        markup`x="${at - 6}" y="${place}" dy=".32em" text-anchor="end"`,
      ]
      : [
        markup`y1="${at}" y2="${to}" x1="${place}" x2="${place}"`,
        markup`y="${at + 18}" x="${place}" text-anchor="middle"`,
      ];
    return markup`<line ${line} stroke="currentColor" stroke-opacity=".12"/><text ${text}>${
      formatNumber(tick)
    }</text>`;
  });
  const look = markup`font-size="11" font-family="system-ui,sans-serif" fill="currentColor"`;
  return markup`<g ${look} fill-opacity=".75">${marks}</g>`;
}
