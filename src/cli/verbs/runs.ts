import { formatTable, formatTime } from "../format.ts";
import { parseCount, parseStatus } from "../values.ts";
import type { Verb } from "../verb.ts";

export const runs: Verb = {
  name: "runs",
  summary: "List runs, newest first",
  args: "",
  options: [
    { name: "experiment", value: "name", summary: "Only those of an experiment" },
    {
      name: "status",
      value: "status",
      summary: "Only those that are running, completed or failed",
    },
    { name: "limit", value: "n", summary: "At most so many" },
  ],
  examples: [["The ten latest that failed", "chachaml runs --status failed --limit 10"]],
  run: async ({ options, io, open }) => {
    const [experiment, status, limit] = ["experiment", "status", "limit"].map(options.get);
    const query = {
      ...(experiment !== undefined && { experiment }),
      ...(status !== undefined && { status: parseStatus(status) }),
      ...(limit !== undefined && { limit: parseCount("limit", limit) }),
    };
    const store = await open("read");
    const found = await store.listRuns(query);
    if (options.has("json")) return await io.stdout(JSON.stringify(found) + "\n");
    const rows = found.map((run) => [
      run.id,
      run.experiment,
      run.name ?? "",
      run.status,
      formatTime(run.startTime),
    ]);
    await io.stdout(formatTable(["RUN", "EXPERIMENT", "NAME", "STATUS", "STARTED"], rows));
  },
};
