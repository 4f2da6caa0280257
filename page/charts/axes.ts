/** Axes of plots. */
import type uPlot from "uplot";
import { cssVariable } from "../colors.ts";
import { formatDuration, formatNumber } from "../format.ts";
import type { Drawing } from "./series.ts";

const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

function axis(values: uPlot.Axis.Values | undefined): uPlot.Axis {
  return {
    font: FONT,
    stroke: cssVariable("--dim"),
    grid: { stroke: cssVariable("--line"), width: 1 },
    ticks: { show: false },
    border: { show: false },
    ...values !== undefined && { values },
  };
}

/** Formats a step briefly: `12k`. */
function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${formatNumber(value / 1e6)}M`;
  if (size >= 1e4) return `${formatNumber(value / 1e3)}k`;
  return formatNumber(value);
}

/** On a log axis, powers of ten only. */
function isMajor(value: number): boolean {
  const power = Math.log10(Math.abs(value));
  return Math.abs(power - Math.round(power)) < 1e-9;
}

/** The axes of curves. */
export function axesOf({ x, logX, logY }: Drawing): uPlot.Axis[] {
  const places: uPlot.Axis.Values | undefined = x === "time"
    ? undefined
    : (_, splits) =>
      splits.map((value) =>
        value == null || logX && !isMajor(value)
          ? ""
          : x === "relative"
          ? value === 0 ? "0" : formatDuration(value * 1000)
          : shortNumber(value)
      );
  const heights: uPlot.Axis.Values = (_, splits) =>
    splits.map((value) =>
      value == null || logY && !isMajor(value) ? "" : axisNumber(value, splits)
    );
  return [
    { ...axis(places), size: 26, gap: 4 },
    { ...axis(heights), size: 52, gap: 6 },
  ];
}

/** A number with as many digits as the distance of the ticks asks for. */
function axisNumber(value: number, splits: readonly (number | null)[]): string {
  const shown = splits.filter((split) => split != null);
  const step = shown.length > 1 ? Math.abs(shown[1]! - shown[0]!) : 0;
  const size = Math.max(...shown.map(Math.abs));
  if (step === 0 || size === 0) return formatNumber(value);
  const digits = Math.min(7, Math.max(1, Math.ceil(Math.log10(size / step)) + 1));
  return size >= 1e4 ? shortNumber(value) : formatNumber(Number(value.toPrecision(digits)), digits);
}

/** The place of a point, in words. */
export function placeText(value: number, { x }: Drawing): string {
  if (x === "step") return `step ${value.toLocaleString("en-US")}`;
  if (x === "relative") return formatDuration(value * 1000);
  return new Date(value * 1000).toLocaleString("en-GB");
}
