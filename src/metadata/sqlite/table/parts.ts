/**
 * Parts of an order of runs: runs with a value in its order, then runs without one, newest first. Each
 * part is one statement that an index can serve.
 */
import type { TableOrder } from "../../run_table.ts";
import { type Fragment, fragment } from "../../sql/fragment.ts";
import { AS_NUMBER, attribute, IS_NUMBER, tagValue } from "./values.ts";

/** One part of an order. */
export interface Part {
  /** Join to `runs r`; may be empty. */
  readonly join: Fragment;
  /** Condition of its runs; empty for all. */
  readonly where: Fragment;
  /** Sort value; by default the start time. */
  readonly value?: Fragment;
  /** Order of ties: newest first, or by run id if the index has it. */
  readonly tie: "newest" | "id";
}

const NOTHING = fragment("");

const COLUMNS: Readonly<Record<"end" | "duration" | "name" | "status" | "user", string>> = {
  end: "end_time",
  duration: "duration",
  name: "name",
  status: "status",
  user: "user",
};

const SUMMARY_COLUMNS = { last: "last", min: "smallest", max: "largest" } as const;

/** Returns the parts of an order. `summaries` is the table of summaries. */
export function partsOf(order: TableOrder, summaries: string): Part[] {
  switch (order.by) {
    case "start":
      return [{ join: NOTHING, where: NOTHING, tie: "newest" }];
    case "metric":
      return metricParts(order, summaries);
    case "param":
      return paramParts(order.key);
    case "tag":
      return valueParts(tagValue(order.key));
    default:
      return valueParts(fragment(attribute(COLUMNS[order.by])));
  }
}

function valueParts(value: Fragment): Part[] {
  const is = (state: string) => fragment(`${value.text} ${state}`, ...value.values);
  return [
    { join: NOTHING, where: is("IS NOT NULL"), value, tie: "newest" },
    { join: NOTHING, where: is("IS NULL"), tie: "newest" },
  ];
}

function metricParts(
  { key, of }: Extract<TableOrder, { by: "metric" }>,
  summaries: string,
): Part[] {
  const column = SUMMARY_COLUMNS[of];
  const join = fragment(`JOIN ${summaries} m ON m.run_id = r.id AND m.key = ?`, key);
  return [
    {
      join,
      where: fragment(`m.${column} IS NOT NULL`),
      value: fragment(`m.${column}`),
      tie: "id",
    },
    { join, where: fragment(`m.${column} IS NULL`), tie: "newest" },
    {
      join: NOTHING,
      where: fragment(
        `NOT EXISTS (SELECT 1 FROM ${summaries} m WHERE m.run_id = r.id AND m.key = ?)`,
        key,
      ),
      tie: "newest",
    },
  ];
}

function paramParts(key: string): Part[] {
  const join = fragment("JOIN params p ON p.run_id = r.id AND p.key = ?", key);
  return [
    { join, where: fragment(IS_NUMBER), value: fragment(AS_NUMBER), tie: "newest" },
    { join, where: fragment(`NOT ${IS_NUMBER}`), value: fragment("p.value"), tie: "newest" },
    {
      join: NOTHING,
      where: fragment(
        "NOT EXISTS (SELECT 1 FROM params p WHERE p.run_id = r.id AND p.key = ?)",
        key,
      ),
      tie: "newest",
    },
  ];
}
