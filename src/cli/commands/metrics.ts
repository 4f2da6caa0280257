import type { Metric } from "../../metadata/metric.ts";
import { toJson } from "../../text/format.ts";
import { formatTime } from "../../text/time.ts";
import type { CommandSpec } from "../command.ts";
import { delimited, ROW_OPTIONS, separatorOf } from "../delimited.ts";
import { requireMetric } from "../metric_names.ts";
import { printTable } from "../table.ts";

export const metrics: CommandSpec = {
  args: "<run> [key...]",
  options: [
    ...ROW_OPTIONS,
    { name: "jsonl", summary: "Print one JSON document per point and line" },
  ],
  examples: [
    ["All points of the last run", "chachaml metrics @last"],
    ["Two curves as a spreadsheet", "chachaml metrics @last loss val/loss --csv > curves.csv"],
  ],
  paged: true,
  run: async (call) => {
    const { args: [ref, ...keys], options, json, io, open, runId } = call;
    const separator = separatorOf(call);
    const store = await open("read");
    const id = await runId(store, ref!);
    const summaries = await store.metrics.summary(id);
    for (const key of keys) requireMetric(id, key, summaries);
    const points: Metric[] = [];
    for (const key of keys.length > 0 ? keys : summaries.map(({ key }) => key)) {
      for (const point of await store.metrics.points(id, key)) points.push(point);
    }
    if (json) return await json(points);
    if (options.has("jsonl")) {
      for (const point of points) await io.stdout(toJson(point) + "\n");
      return;
    }
    const head = ["metric", "step", "value", "time"];
    const rows = points.map(({ key, step, value, timestamp }) => [
      key,
      String(step),
      String(value),
      separator ? timestamp.toISOString() : formatTime(timestamp),
    ]);
    if (separator) return await io.stdout(await delimited(head, rows, separator));
    const titles = head.map((title) => title.toUpperCase());
    await printTable(io, titles, rows, ["STEP", "VALUE"]);
  },
};
