import { count, formatBytes, printable } from "../../text/format.ts";
import type { CommandSpec } from "../command.ts";

export const info: CommandSpec = {
  args: "",
  options: [{ name: "files", summary: "Also measure the files, which reads the metadata of each" }],
  examples: [["As JSON", "chachaml info --json"]],
  run: async ({ options, json, io, open }) => {
    const store = await open("read");
    const info = await store.info({ files: options.has("files") });
    if (json) return await json(info);
    const runs = Object.entries(info.runs).map(([status, count]) => `${count} ${status}`);
    const lines = {
      database: `${info.location.database} (${formatBytes(info.databaseBytes ?? 0)})`,
      artifacts: info.location.artifacts,
      experiments: String(info.experiments),
      runs: runs.join(", ") || "none",
      stored: `${count(info.artifacts, "artifact")}, ${formatBytes(info.bytes)}`,
      ...(info.fileBytes !== undefined && { "on disk": formatBytes(info.fileBytes) }),
    };
    for (const [label, value] of Object.entries(lines)) {
      await io.stdout(`${label.padEnd(12)} ${printable(value)}\n`);
    }
  },
};
