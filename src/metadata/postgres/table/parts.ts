/**
 * The parts that an order of runs consists of, one behind the other: those with a value in its order,
 * then those without one, the newest first.
 */
import type { TableOrder } from "../../run_table.ts";
import { type Fragment, fragment } from "../../sql/fragment.ts";
import { AS_NUMBER, attribute, IS_NUMBER, tagValue } from "./values.ts";

/** One part of an order. */
export interface Part {
  /** Joins to `runs r`; may be empty. */
  readonly join: Fragment;
  /** Which runs belong to it; empty for all. */
  readonly where: Fragment;
  /** Sort keys; by default the start time. */
  readonly value?: Fragment;
}

const NOTHING = fragment("");

const COLUMNS = {
  end: "end_time",
  duration: "duration",
  name: "name",
  status: "status",
  user: "user",
} as const;

const SUMMARY_COLUMNS = { last: "last", min: "smallest", max: "largest" } as const;

/** The parts of an order. */
export function partsOf(order: TableOrder): Part[] {
  switch (order.by) {
    case "start":
      return [{ join: NOTHING, where: NOTHING }];
    case "metric": {
      const column = `m.${SUMMARY_COLUMNS[order.of]}`;
      const join = fragment(
        "JOIN chachaml_metric_summaries m ON m.run_id = r.id AND m.key = ?",
        order.key,
      );
      return [
        { join, where: fragment(`${column} <> 'NaN'`), value: fragment(column) },
        { join, where: fragment(`${column} IS NULL OR ${column} = 'NaN'`) },
        without("chachaml_metric_summaries", order.key),
      ];
    }
    case "param": {
      const join = fragment("JOIN params p ON p.run_id = r.id AND p.key = ?", order.key);
      return [
        { join, where: fragment(IS_NUMBER), value: fragment(`(${AS_NUMBER})`) },
        { join, where: fragment(`NOT ${IS_NUMBER}`), value: fragment(`p.value COLLATE "C"`) },
        without("params", order.key),
      ];
    }
    case "tag":
      return valueParts(tagValue(order.key));
    default:
      return valueParts(fragment(attribute(COLUMNS[order.by])));
  }
}

function without(table: string, key: string): Part {
  const has = `EXISTS (SELECT 1 FROM ${table} o WHERE o.run_id = r.id AND o.key = ?)`;
  return { join: NOTHING, where: fragment(`NOT ${has}`, key) };
}

function valueParts(value: Fragment): Part[] {
  const is = (state: string) => fragment(`(${value.text}) ${state}`, ...value.values);
  return [
    { join: NOTHING, where: is("IS NOT NULL"), value },
    { join: NOTHING, where: is("IS NULL") },
  ];
}
