import type { RunStatus } from "../../runs/run.ts";
import { formatTable, formatTime } from "../format.ts";
import { UsageError, type Verb } from "../verb.ts";

const STATUSES = ["running", "completed", "failed"];

export const runs: Verb = {
  name: "runs",
  summary: "List runs, newest first",
  args: "",
  options: [
    { name: "experiment", value: "name", summary: "Only those of an experiment" },
    { name: "status", value: "status", summary: `Only those that are ${STATUSES.join(", ")}` },
    { name: "limit", value: "n", summary: "At most so many" },
  ],
  examples: [["The ten latest that failed", "chachaml runs --status failed --limit 10"]],
  run: async ({ options, io, open }) => {
    const experiment = options.get("experiment");
    const status = options.get("status");
    if (status !== undefined && !STATUSES.includes(status)) {
      throw new UsageError(`--status takes ${STATUSES.join(", ")}, not ${JSON.stringify(status)}`);
    }
    const limit = options.get("limit");
    if (limit !== undefined && !/^\d+$/.test(limit)) {
      throw new UsageError(`--limit takes a whole number, not ${JSON.stringify(limit)}`);
    }
    const store = await open("read");
    const found = await store.listRuns({
      ...(experiment !== undefined && { experiment }),
      ...(status !== undefined && { status: status as RunStatus }),
      ...(limit !== undefined && { limit: Number(limit) }),
    });
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
