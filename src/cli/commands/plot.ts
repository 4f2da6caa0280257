import type { Curve } from "../../metadata/metric.ts";
import type { Store } from "../../store/store.ts";
import { count } from "../../text/format.ts";
import { printable } from "../../text/printable.ts";
import { formatDuration } from "../../text/time.ts";
import { boundsOf, chart, type ChartOptions, type Line } from "../chart.ts";
import { type CommandSpec, UsageError } from "../command.ts";
import { requireMetric } from "../metric_names.ts";
import { shortIds } from "../short_ids.ts";
import { parseCount } from "../values.ts";

/** Horizontal axes of a plot. */
const AXES = ["step", "time"] as const;

/** Colors of curves, distinct on dark and light backgrounds. */
const COLORS = [36, 35, 33, 32, 34, 31];

export const plot: CommandSpec = {
  args: "<run> <run-or-metric...>",
  options: [
    { name: "log", summary: "Logarithmic vertical axis" },
    {
      name: "over",
      value: "axis",
      choices: AXES,
      summary: "Horizontal axis (default: step)",
    },
    { name: "height", value: "n", summary: "Lines of the chart (default: 16)" },
  ],
  examples: [
    ["The curve of one run", "chachaml plot @last loss"],
    ["Several runs, the metric at the end", "chachaml plot @last @-2 baseline val/loss --log"],
  ],
  run: async ({ args, options, json, io, open, runId, say }) => {
    const refs = args.slice(0, -1);
    const key = args.at(-1)!;
    const rows = parseCount("height", options.get("height") ?? "16");
    if (rows < 3 || rows > 200) throw new UsageError("--height takes 3 to 200");
    const columns = io.columns ?? 80;
    const store = await open("read");
    const ids = [...new Set(await Promise.all(refs.map((ref) => runId(store, ref))))];
    const curves = await Promise.all(ids.map((id) => curveOf(store, id, key, 4 * columns)));
    if (json) return await json(curves.map((curve, at) => documentOf(ids[at]!, curve)));
    const overTime = options.get("over") === "time";
    const lines = curves.map((curve) => lineOf(curve, overTime));
    const log = options.has("log");
    const bounds = boundsOf(lines, log);
    if (!bounds) {
      throw new UsageError(
        `there is nothing to draw: no value of ${JSON.stringify(key)} is a number${
          log ? " above 0" : ""
        }`,
      );
    }
    const how: ChartOptions = {
      columns,
      rows,
      log,
      formatX: overTime ? formatDuration : String,
      paint: (text, line) => io.colors ? `\u001b[${colorOf(line)}m${text}\u001b[0m` : text,
    };
    const names = await Promise.all(
      shortIds(ids).map(async (short, at) => {
        const { name } = await store.runs.get(ids[at]!);
        return printable(name ? `${name} (${short})` : short);
      }),
    );
    const title = `${printable(key)}${log ? ", logarithmic" : ""}${overTime ? ", over time" : ""}`;
    if (io.colors || lines.length === 1) {
      const legend = names.map((name, at) => how.paint(`── ${name}`, at)).join("  ");
      await io.stdout(`${title}  ${legend}\n${chart(lines, bounds, how)}`);
    } else {
      // Without colors, several curves in one chart are indistinguishable.
      for (const [at, line] of lines.entries()) {
        await io.stdout(`${title}  ${names[at]}\n${chart([line], bounds, how)}`);
      }
    }
    const left = curves.reduce((sum, { nonFinite }) => sum + nonFinite, 0);
    if (left > 0) await say(`${count(left, "point")} not drawn: no finite number\n`);
  },
};

async function curveOf(store: Store, id: string, key: string, points: number): Promise<Curve> {
  requireMetric(id, key, await store.metrics.summary(id));
  return await store.metrics.curve(id, key, { points });
}

function lineOf({ steps, values, times }: Curve, overTime: boolean): Line {
  const from = times[0] ?? 0;
  return { xs: overTime ? times.map((time) => time - from) : steps, ys: values };
}

function colorOf(line: number): number {
  return COLORS[line % COLORS.length]!;
}

function documentOf(run: string, { key, steps, values, times }: Curve): unknown {
  return {
    run,
    key,
    steps: [...steps],
    values: [...values],
    times: [...times].map((time) => new Date(time)),
  };
}
