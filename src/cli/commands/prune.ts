import { parseDuration } from "../duration.ts";
import { count, formatTime } from "../../text/format.ts";
import { printTable } from "../table.ts";
import type { CommandSpec } from "../command.ts";
import { parseCount } from "../values.ts";
import { RUN_STATUSES, type RunStatus } from "../../metadata/run.ts";

export const prune: CommandSpec = {
  args: "",
  options: [
    {
      name: "older-than",
      value: "time",
      summary: "Only runs that started longer ago, such as 30d",
    },
    {
      name: "keep-last",
      value: "n",
      summary: "Keep the newest n matching runs of each experiment",
    },
    {
      name: "experiment",
      short: "e",
      value: "name",
      complete: "experiment",
      summary: "Only runs of this experiment",
    },
    {
      name: "status",
      value: "status",
      choices: RUN_STATUSES,
      summary: "Only runs with this status (default: all that have ended)",
    },
    { name: "dry-run", summary: "Only show what would be removed" },
    {
      name: "force",
      short: "f",
      summary: "Also remove runs used by model versions, and those versions",
    },
    { name: "yes", short: "y", summary: "Remove without asking" },
  ],
  examples: [
    ["Preview", "chachaml prune --keep-last 10 --dry-run"],
    ["Failed runs older than a month", "chachaml prune --status failed --older-than 30d --yes"],
  ],
  run: async ({ options, json, io, open, confirm, say }) => {
    const dryRun = options.has("dry-run");
    const [olderThan, keepLast, experiment, status] = [
      "older-than",
      "keep-last",
      "experiment",
      "status",
    ].map(options.get);
    const selection = {
      ...(olderThan !== undefined &&
        { olderThan: new Date(Date.now() - parseDuration("older-than", olderThan)) }),
      ...(keepLast !== undefined && { keepLast: parseCount("keep-last", keepLast) }),
      ...(experiment !== undefined && { experiment }),
      ...(status !== undefined && { status: status as RunStatus }),
    };
    const store = await open(dryRun ? "read" : "write");
    const how = { ...selection, force: options.has("force") };
    if (!dryRun) {
      const { removed } = await store.runs.prune({ ...how, dryRun: true });
      if (removed.length > 0) {
        await confirm(
          `This removes ${count(removed.length, "run")} and everything recorded for them.`,
        );
      }
    }
    const report = await store.runs.prune({ ...how, dryRun });
    if (json) return await json(report);
    const rows = report.removed.map((run) => [
      run.id,
      run.experiment,
      run.status,
      formatTime(run.startTime),
    ]);
    await printTable(io, ["RUN", "EXPERIMENT", "STATUS", "STARTED"], rows);
    await say(`${count(rows.length, "run")} ${dryRun ? "would be removed" : "removed"}\n`);
    if (report.kept.length > 0) {
      await say(`${report.kept.length} kept, because model versions use them; see --force\n`);
    }
  },
};
