import { count, formatBytes, printable } from "../../text/format.ts";
import { parseCount } from "../values.ts";
import { withProgress } from "../progress.ts";
import type { CommandSpec } from "../command.ts";

export const backup: CommandSpec = {
  args: "<directory>",
  options: [
    {
      name: "check",
      summary: "Verify the whole backup; damaged files are copied again first",
    },
    { name: "link", summary: "Share files with the store by hard links instead of copying" },
    {
      name: "take-over",
      summary: "Continue in the backup of another store, or of one that was moved",
    },
    {
      name: "keep",
      value: "n",
      summary: "Keep n backups, each in a directory named by its time, with shared files",
    },
  ],
  examples: [
    ["Back up; the next time only new files are copied", "chachaml backup /mnt/backup/work"],
    ["Back up, and verify every file", "chachaml backup /mnt/backup/work --check"],
    ["Daily backups of a week", "chachaml backup /mnt/backup/days --keep 7"],
  ],
  run: async ({ args: [directory], options, json, io, open, say }) => {
    const store = await open("read");
    const signal = io.interrupted?.();
    const keep = options.has("keep") ? parseCount("keep", options.get("keep")!) : undefined;
    const report = await withProgress(io, "backup", (onProgress) =>
      store.backup(directory!, {
        check: options.has("check"),
        link: options.has("link"),
        takeOver: options.has("take-over"),
        ...(keep !== undefined && { keep }),
        onProgress,
        ...(signal && { signal }),
      }));
    const omitted = report.omitted.map(({ artifact, error }) => ({
      artifact,
      error: error.message,
      code: (error as { code?: string }).code,
    }));
    const damaged = report.check?.damaged ?? 0;
    const failed = report.failed.map(({ message }) => message);
    if (json) await json({ ...report, omitted, failed });
    else {
      const apart = options.has("link") ? report.artifacts - report.linked : 0;
      if (apart > 0) {
        await io.stderr(
          `not linked: ${apart} of ${report.artifacts} artifacts have a file of their own in the ` +
            "backup; it is on another file system, or they were copied before\n",
        );
      }
      for (const { error } of omitted) await io.stderr(`left out: ${printable(error)}\n`);
      for (const message of failed) await io.stderr(`not removed: ${printable(message)}\n`);
      const { droppedRuns, droppedArtifacts, removed } = report;
      if (droppedRuns + droppedArtifacts > 0) {
        await io.stderr(
          `dropped: ${count(droppedRuns, "run")} and ${
            count(droppedArtifacts, "artifact")
          } of the ` +
            "previous backup are no longer in the store" +
            (keep === undefined ? "; --keep keeps earlier backups\n" : "\n"),
        );
      }
      for (const directory of removed) await say(`removed ${printable(directory)}\n`);
      await say(
        `${count(report.artifacts, "artifact")}, ${
          formatBytes(report.bytes)
        }: ${report.copied} copied, ` +
          `${formatBytes(report.copiedBytes)}; ${omitted.length} left out` +
          (report.check ? `; checked: ${damaged} damaged\n` : "\n"),
      );
    }
    // An artifact removed meanwhile is not a failure; a damaged one needs attention.
    return damaged > 0 || omitted.some(({ code }) => code !== "artifact-not-found") ? 1 : 0;
  },
};
