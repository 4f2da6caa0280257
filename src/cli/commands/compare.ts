import { formatNumber, formatValue } from "../../text/format.ts";
import { printTable } from "../table.ts";
import type { CommandSpec } from "../command.ts";

export const compare: CommandSpec = {
  args: "<run...>",
  options: [{ name: "diff", summary: "Only what is not the same in all of them" }],
  examples: [["What made the difference", "chachaml compare --diff 3f2a @last"]],
  run: async ({ args, options, json, io, open, runId }) => {
    const store = await open("read");
    const ids = await Promise.all(args.map((ref) => runId(store, ref)));
    const { runs, params, metrics } = await store.runs.compare(ids);
    const shown = <T extends { readonly differs: boolean }>(items: readonly T[]) =>
      options.has("diff") ? items.filter(({ differs }) => differs) : items;
    if (json) {
      const all = { runs, params: shown(params), metrics: shown(metrics) };
      return await json(all);
    }
    const head = ["", ...runs.map(({ id, name }) => name || id.slice(0, 8))];
    const rows = [
      ["run", ...runs.map(({ id }) => id.slice(0, 8))],
      ["experiment", ...runs.map(({ experiment }) => experiment)],
      ["status", ...runs.map(({ status }) => status)],
      ...shown(params).map(({ key, values }) => [key, ...values.map(formatValue)]),
      ...shown(metrics).map(({ key, values }) => [
        key,
        ...values.map((value) => value ? formatNumber(value.last) : ""),
      ]),
    ];
    await printTable(io, head, rows);
  },
};
