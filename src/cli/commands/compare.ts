import type { Comparison } from "../../runs/comparison.ts";
import { formatNumber, formatValue } from "../../text/format.ts";
import type { CommandSpec } from "../command.ts";
import { delimited, ROW_OPTIONS, separatorOf } from "../delimited.ts";
import { shortIds } from "../short_ids.ts";
import { printTable, widthOf } from "../table.ts";

/** Maximum number of runs shown side by side if the width of the terminal is unknown. */
const SIDE_BY_SIDE = 4;

export const compare: CommandSpec = {
  args: "<run...>",
  options: [{ name: "diff", summary: "Only show differences" }, ...ROW_OPTIONS],
  examples: [
    ["Show only the differences", "chachaml compare --diff 3f2a @last"],
    ["As a spreadsheet, one row per run", "chachaml compare @last @-2 @-3 --csv > runs.csv"],
  ],
  paged: true,
  run: async (call) => {
    const { args, options, json, io, open, runId } = call;
    const separator = separatorOf(call);
    const store = await open("read");
    const ids = await Promise.all(args.map((ref) => runId(store, ref)));
    const all = await store.runs.compare(ids);
    const shown = <T extends { readonly differs: boolean }>(items: readonly T[]) =>
      options.has("diff") ? items.filter(({ differs }) => differs) : items;
    const comparison = { runs: all.runs, params: shown(all.params), metrics: shown(all.metrics) };
    if (json) return await json(comparison);
    if (separator) {
      const [head, ...rows] = transpose(rowsOf(comparison, (value) => String(value)));
      return await io.stdout(await delimited(head!, rows, separator));
    }
    const rows = rowsOf(comparison, formatNumber);
    const room = io.columns;
    if (room !== undefined) rows[0] = ["run", ...shortIds(comparison.runs.map(({ id }) => id))];
    // A few runs are easier to read as columns, many as rows.
    const turned = room === undefined
      ? comparison.runs.length > SIDE_BY_SIDE
      : comparison.runs.length > 2 && await widthOf(rows) > room;
    const [head, ...body] = turned ? transpose(rows) : rows;
    await printTable(io, turned ? head!.map((name) => name.toUpperCase()) : head!, body);
  },
};

/** Returns one row per compared item, with its name and the values of the runs. */
function rowsOf(
  { runs, params, metrics }: Comparison,
  write: (value: number) => string,
): string[][] {
  return [
    ["run", ...runs.map(({ id }) => id)],
    ["name", ...runs.map(({ name }) => name ?? "")],
    ["experiment", ...runs.map(({ experiment }) => experiment)],
    ["status", ...runs.map(({ status }) => status)],
    ...params.map(({ key, values }) => [key, ...values.map(formatValue)]),
    ...metrics.map(({ key, values }) => [
      key,
      ...values.map((value) => value ? write(value.last) : ""),
    ]),
  ].filter(([name, ...values]) => name !== "name" || values.some((value) => value !== ""));
}

function transpose(rows: readonly (readonly string[])[]): string[][] {
  return rows[0]!.map((_, column) => rows.map((row) => row[column]!));
}
