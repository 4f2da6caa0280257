import type { GrowingEntry } from "../../bytes/growing_bytes.ts";
import { formatBytes, formatTime } from "../../text/format.ts";
import { printTable } from "../table.ts";
import type { CommandSpec } from "../command.ts";

export const ls: CommandSpec = {
  args: "[run]",
  options: [{ name: "name", value: "pattern", summary: "Only names that match, with * and ?" }],
  examples: [["All checkpoints", "chachaml ls --name 'checkpoints/*'"]],
  paged: true,
  run: async ({ args: [run], options, jsonItems, io, open, runId }) => {
    const store = await open("read");
    const name = options.get("name");
    const id = run === undefined ? undefined : await runId(store, run);
    const query = {
      ...(id !== undefined && { runId: id }),
      ...(name !== undefined && { name }),
    };
    // Output that a program is still writing is not an artifact yet, but can be read.
    const logs: GrowingEntry[] = [];
    for (const log of name === undefined ? await store.artifacts.logs(id) : []) {
      if (!await store.artifacts.has(log.runId, log.name)) logs.push(log);
    }
    if (jsonItems) {
      return await jsonItems(async function* () {
        yield* store.artifacts.each(query);
        yield* logs;
      }());
    }
    const found = await store.artifacts.find(query);
    const rows = [
      ...found.map((artifact) => [
        artifact.runId,
        artifact.name,
        formatBytes(artifact.size),
        artifact.contentType ?? "",
        artifact.hash.slice(0, 12),
        formatTime(artifact.createdAt),
      ]),
      ...logs.map((log) => [
        log.runId,
        log.name,
        formatBytes(log.size),
        log.growing ? "(growing)" : "(abandoned)",
        "",
        formatTime(log.changedAt),
      ]),
    ];
    const head = ["RUN", "NAME", "SIZE", "TYPE", "SHA-256", "STORED"];
    const from = run === undefined ? 0 : 1;
    await printTable(io, head.slice(from), rows.map((row) => row.slice(from)), ["SIZE"]);
  },
};
