import { formatBytes, printable } from "../../text/format.ts";
import { withProgress } from "../progress.ts";
import type { CommandSpec } from "../command.ts";

export const dedup: CommandSpec = {
  args: "",
  options: [{ name: "dry-run", summary: "Only show what would be shared" }],
  examples: [["Show how much space it would free", "chachaml dedup --dry-run"]],
  run: async ({ options, json, io, open, say }) => {
    const dryRun = options.has("dry-run");
    const store = await open(dryRun ? "read" : "write");
    const signal = io.interrupted?.();
    const report = await withProgress(
      io,
      "dedup",
      (onProgress) => store.dedup({ dryRun, onProgress, ...(signal && { signal }) }),
    );
    const failed = report.failed.map(({ artifact, error }) => ({ artifact, error: error.message }));
    const code = failed.length > 0 ? 1 : 0;
    if (json) {
      await json({ ...report, failed });
      return code;
    }
    for (const { runId, name, size } of report.shared) {
      await io.stdout(printable(`${runId}  ${name}  ${formatBytes(size)}`) + "\n");
    }
    const done = dryRun ? "would be shared" : "shared";
    await say(`${report.shared.length} ${done}, ${formatBytes(report.bytes)} freed\n`);
    if (report.unshared.length > 0) {
      await say(
        `${report.unshared.length} keep their own files: the file system cannot link them\n`,
      );
    }
    for (const { error } of failed) await io.stderr(`${printable(error)}\n`);
    return code;
  },
};
