/** The lines of the table: runs, or groups of them with the runs of those that are open. */
import { formatInColumn, formatNumber, toNumber } from "../format.ts";
import type { Row } from "../types.ts";
import { type Column, columnOf, numberOf, textOf } from "./columns.ts";

/** Runs with the same value. */
export interface Group {
  readonly value: string;
  readonly rows: readonly Row[];
}

/** A line of the table. */
export type Item =
  | { readonly kind: "run"; readonly row: Row; readonly inGroup: boolean }
  | { readonly kind: "group"; readonly group: Group; readonly open: boolean }
  | { readonly kind: "waiting" };

/** Groups runs by a column, in the order in which the values first appear. */
export function groupRows(rows: readonly (Row | undefined)[], by: string): Group[] {
  const column = columnOf(by);
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    if (!row) continue;
    const value = textOf(row, column);
    const group = groups.get(value);
    if (group) group.push(row);
    else groups.set(value, [row]);
  }
  return [...groups].map(([value, rows]) => ({ value, rows }));
}

/** The lines of groups. */
export function itemsOf(groups: readonly Group[], open: ReadonlySet<string>): Item[] {
  return groups.flatMap((group): Item[] => {
    const isOpen = open.has(group.value);
    const head: Item = { kind: "group", group, open: isOpen };
    if (!isOpen) return [head];
    return [head, ...group.rows.map((row): Item => ({ kind: "run", row, inGroup: true }))];
  });
}

/** Cell of a group: the mean of a metric, or a value shared by all runs. */
export function groupText({ rows }: Group, column: Column, decimals?: number): string {
  if (column.kind === "metrics") {
    const values = rows.map((row) => numberOf(row, column)).filter((value) =>
      value !== undefined && Number.isFinite(value)
    ) as number[];
    if (values.length === 0) return "";
    const mean = values.reduce((sum, value) => sum + toNumber(value), 0) / values.length;
    return `⌀ ${decimals === undefined ? formatNumber(mean, 3) : formatInColumn(mean, decimals)}`;
  }
  if (column.kind === "field" && !["experiment", "user"].includes(column.id)) return "";
  const texts = new Set(rows.map((row) => textOf(row, column, decimals)));
  return texts.size === 1 ? [...texts][0]! : texts.size > 1 ? `${texts.size} values` : "";
}
