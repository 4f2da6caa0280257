/** A metric as a curve: in columns, and with as many points as a plot has room for. */
import { createLTTB } from "npm:downsample@^1.4.0";
import { InvalidOptionError } from "../errors.ts";
import type { SqlRow } from "../sql/sql_driver.ts";
import type { Curve, CurveOptions } from "./metric.ts";
import { valueOf } from "./metric_rows.ts";

/** Makes a curve of rows of one metric. */
export function curveOf(key: string, rows: readonly SqlRow[], { points }: CurveOptions): Curve {
  if (points !== undefined && !(Number.isSafeInteger(points) && points >= 3)) {
    throw new InvalidOptionError(`Cannot draw a curve of ${points} points: it takes 3 or more`);
  }
  const finite = rows.filter((row) => Number.isFinite(valueOf(row)));
  const chosen = points === undefined || rows.length <= points ? rows : choose(finite, points);
  return {
    key,
    steps: Float64Array.from(chosen, ({ step }) => Number(step)),
    values: Float64Array.from(chosen, valueOf),
    times: Float64Array.from(chosen, ({ timestamp }) => Number(timestamp)),
    logged: rows.length,
    nonFinite: rows.length - finite.length,
  };
}

/** Those of the rows that keep the shape; along the steps, or, where these stand still, in order. */
function choose(rows: readonly SqlRow[], points: number): readonly SqlRow[] {
  if (rows.length <= points) return rows;
  const rising = Number(rows[0]!.step) < Number(rows.at(-1)!.step);
  const items = rows.map((row, at) => ({ row, x: rising ? Number(row.step) : at }));
  const downsample = createLTTB<typeof items[number]>({ x: "x", y: ({ row }) => valueOf(row) });
  return Array.from(downsample(items, points), ({ row }) => row);
}
