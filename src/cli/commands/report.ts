import { onDemand } from "../../base/on_demand.ts";
import type { CommandSpec } from "../command.ts";
import { requirePlace, saveOutput } from "../save_output.ts";
import { parseBytes, parseCount } from "../values.ts";

export const report: CommandSpec = {
  args: "<run...>",
  options: [
    {
      name: "output",
      short: "o",
      value: "file",
      summary: "The HTML file (default: -, standard output)",
    },
    { name: "force", short: "f", summary: "Replace an existing file" },
    {
      name: "max-file",
      value: "size",
      summary: "Include files up to this size; list larger ones (default: 1MB)",
    },
    {
      name: "max-total",
      value: "size",
      summary: "Include files up to this size in all, pictures first (default: 20MB)",
    },
    { name: "points", value: "n", summary: "Points of a curve (default: 1000)" },
  ],
  examples: [
    ["One run, to send by mail", "chachaml report $RUN -o report.html"],
    ["With larger files", "chachaml report $RUN --max-file 10MB --max-total 100MB -o report.html"],
  ],
  run: async ({ args, options, io, open, runId }) => {
    const output = options.get("output") ?? "-";
    const force = options.has("force");
    const limits = {
      maxFile: parseBytes("max-file", options.get("max-file") ?? "1MB"),
      maxTotal: parseBytes("max-total", options.get("max-total") ?? "20MB"),
      points: parseCount("points", options.get("points") ?? "1000"),
    };
    if (output !== "-") await requirePlace(output, force);
    const store = await open("read");
    const ids = await Promise.all(args.map((ref) => runId(store, ref)));
    const { createReport } = await import(
      onDemand("../../server/report/report.ts")
    ) as typeof import("../../server/report/report.ts");
    const signal = io.interrupted?.();
    const html = createReport(store, ids, { ...limits, ...(signal && { signal }) });
    if (output !== "-") return await saveOutput(html, output, force);
    for await (const chunk of html) await io.stdout(chunk);
  },
};
