/** What runs are compared by: a param or a metric. */
import { formatNumber, toNumber } from "../format.ts";
import { isNumber } from "../runs/columns.ts";
import type { Row } from "../types.ts";

/** A param or a metric of runs. */
export interface Dimension {
  /** `params.lr` or `metrics.loss`. */
  readonly id: string;
  readonly label: string;
  readonly kind: "params" | "metrics";
  readonly key: string;
  /** Whether all its values are numbers. */
  readonly numeric: boolean;
}

/** The text of a run in a dimension; `undefined` if it has none. */
export function textIn(
  row: Row,
  { kind, key }: Pick<Dimension, "kind" | "key">,
): string | undefined {
  if (kind === "params") return row.params[key] === undefined ? undefined : short(row.params[key]!);
  const summary = row.metrics[key];
  return summary && formatNumber(toNumber(summary.last), 5);
}

/** 0.30000000000000004 is 0.3 to a reader. */
function short(text: string): string {
  return text.length > 9 && isNumber(text) ? formatNumber(Number(text), 6) : text;
}

/** The number of a run in a dimension; `undefined` if it has none. */
export function numberIn(
  row: Row,
  { kind, key }: Pick<Dimension, "kind" | "key">,
): number | undefined {
  const value = kind === "metrics"
    ? row.metrics[key] && toNumber(row.metrics[key]!.last)
    : row.params[key] === undefined || row.params[key]!.trim() === ""
    ? undefined
    : Number(row.params[key]);
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

/** All params and metrics of some runs. */
export function dimensionsOf(rows: readonly Row[]): readonly Dimension[] {
  const make = (kind: Dimension["kind"]) => {
    const keys = new Set(rows.flatMap((row) => Object.keys(row[kind])));
    return [...keys].sort().map((key): Dimension => ({
      id: `${kind}.${key}`,
      label: key,
      kind,
      key,
      numeric: kind === "metrics" ||
        rows.every((row) =>
          row.params[key] === undefined || numberIn(row, { kind, key }) !== undefined
        ),
    }));
  };
  return [...make("params"), ...make("metrics")];
}

/** Whether runs have different values in a dimension, or some have none. */
export function differs(rows: readonly Row[], dimension: Dimension): boolean {
  return new Set(rows.map((row) => textIn(row, dimension))).size > 1;
}
