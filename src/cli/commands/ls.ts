import { formatBytes, formatTime } from "../../text/format.ts";
import { printTable } from "../table.ts";
import type { CommandSpec } from "../command.ts";

export const ls: CommandSpec = {
  args: "[run]",
  options: [{ name: "name", value: "pattern", summary: "Only names that fit, with * and ?" }],
  examples: [["All checkpoints", "chachaml ls --name 'checkpoints/*'"]],
  run: async ({ args: [run], options, json, io, open, runId }) => {
    const store = await open("read");
    const name = options.get("name");
    const found = await store.artifacts.find({
      ...(run !== undefined && { runId: await runId(store, run) }),
      ...(name !== undefined && { name }),
    });
    if (json) return await json(found);
    const rows = found.map((artifact) => [
      ...(run === undefined ? [artifact.runId] : []),
      artifact.name,
      formatBytes(artifact.size),
      artifact.contentType ?? "",
      artifact.hash.slice(0, 12),
      formatTime(artifact.createdAt),
    ]);
    const head = [
      ...(run === undefined ? ["RUN"] : []),
      "NAME",
      "SIZE",
      "TYPE",
      "SHA-256",
      "STORED",
    ];
    await printTable(io, head, rows, ["SIZE"]);
  },
};
