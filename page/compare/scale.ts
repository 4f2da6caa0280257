/** Scales of drawings: from values to places. */

/** A scale with its ticks. */
export interface Scale {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Round numbers between two, about `count` of them, but two at least. */
export function roundTicks(low: number, high: number, count: number): number[] {
  if (low === high) return [low];
  const ticks = ticksOf(low, high, count);
  return ticks.length > 1 ? ticks : ticksOf(low, high, count * 2);
}

function ticksOf(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough)!;
  const ticks = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at++) {
    ticks.push(Number((at * step).toPrecision(12)));
  }
  return ticks;
}

/** Makes a scale for values between two places, with some room at both ends. */
export function scaleOf(
  values: readonly number[],
  from: number,
  to: number,
  { log = false, count = 6 }: { log?: boolean; count?: number } = {},
): Scale {
  const usable = log ? values.filter((value) => value > 0) : values;
  const map = log ? Math.log10 : (value: number) => value;
  const mapped = usable.map(map);
  let low = mapped.reduce((a, b) => Math.min(a, b), Infinity);
  let high = mapped.reduce((a, b) => Math.max(a, b), -Infinity);
  if (low > high) [low, high] = [0, 1];
  const room = (high - low) * 0.04 || Math.abs(low) * 0.1 || 1;
  [low, high] = [low - room, high + room];
  const place = (value: number) => from + (map(value) - low) / (high - low) * (to - from);
  const ticks = log ? logTicks(low, high) : roundTicks(low, high, count);
  return { place, ticks };
}

function logTicks(low: number, high: number): number[] {
  const powers = [];
  for (let power = Math.ceil(low); power <= high; power++) powers.push(10 ** power);
  if (powers.length >= 2) return powers;
  return roundTicks(10 ** low, 10 ** high, 4).filter((value) => value > 0);
}

/** The quantile of sorted numbers. */
export function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}
