import { parseDuration } from "../duration.ts";
import { formatBytes, printable } from "../../text/format.ts";
import type { CommandSpec } from "../command.ts";

export const gc: CommandSpec = {
  args: "",
  options: [
    { name: "grace", value: "time", summary: "Keep everything newer than this (default: 24h)" },
    { name: "dry-run", summary: "Only show what would be removed" },
  ],
  examples: [["Preview", "chachaml gc --dry-run --grace 1h"]],
  run: async ({ options, json, io, open, say }) => {
    const grace = options.get("grace");
    const dryRun = options.has("dry-run");
    const store = await open(dryRun ? "read" : "write");
    const report = await store.gc({
      dryRun,
      ...(grace !== undefined && { grace: parseDuration("grace", grace) }),
    });
    const failed = report.failed.map(({ path, error }) => ({ path, error: error.message }));
    if (json) await json({ ...report, failed });
    else {
      for (const { kind, path, bytes } of report.removed) {
        await io.stdout(printable(`${kind}  ${path}  ${formatBytes(bytes)}`) + "\n");
      }
      for (const { error } of failed) await io.stderr(`${printable(error)}\n`);
      const done = dryRun ? "would be removed" : "removed";
      await say(`${report.removed.length} ${done}, ${formatBytes(report.bytes)}\n`);
      for (const name of report.foreign) {
        await say(printable(`${name} does not belong to this store and stays`) + "\n");
      }
    }
    return failed.length > 0 ? 1 : 0;
  },
};
