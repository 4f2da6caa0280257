import { restoreStore } from "../../backup/restore.ts";
import { count, formatBytes, printable } from "../../text/format.ts";
import { withProgress } from "../progress.ts";
import type { CommandSpec } from "../command.ts";

export const restore: CommandSpec = {
  args: "<backup>",
  options: [
    { name: "dry-run", summary: "Only show what would be restored" },
    { name: "quick", summary: "Only check the sizes of existing files" },
    {
      name: "database",
      summary: "Move a database that is damaged or has other runs aside, and restore the backup's",
    },
  ],
  examples: [
    ["Show what is missing", "chachaml restore /mnt/backup/work --dry-run"],
    ["To a new place", "chachaml restore /mnt/backup/work --db ./again.db"],
    [
      "To a database server and a bucket",
      "chachaml restore /mnt/backup/work --db postgres://db/work --artifact-dir s3://bucket/work",
    ],
  ],
  run: async ({ args: [from], options, json, io, place, say }) => {
    const dryRun = options.has("dry-run");
    const signal = io.interrupted?.();
    const report = await withProgress(io, "restore", (onProgress) =>
      restoreStore(from!, {
        ...place(),
        dryRun,
        quick: options.has("quick"),
        database: options.has("database"),
        onProgress,
        ...(signal && { signal }),
      }));
    const failed = report.failed.map(({ artifact, error }) => ({
      artifact,
      error: error.message,
    }));
    if (json) await json({ ...report, failed, dryRun });
    else {
      for (const { runId, name, size } of report.restored) {
        await io.stdout(printable(`${runId}  ${name}  ${formatBytes(size)}`) + "\n");
      }
      for (const { error } of failed) await io.stderr(`${printable(error)}\n`);
      if (report.database) await say("the database was restored from the backup\n");
      const aside = report.setAside;
      if (aside) await say(`the former database is kept as ${JSON.stringify(aside)}\n`);
      if (report.filesAside > 0) {
        await say(
          `${count(report.filesAside, "file")} not in the backup ` +
            `${dryRun ? "would be" : "are"} kept in ${JSON.stringify(report.filesAsideDir)}\n`,
        );
      }
      if (!report.isRelated) {
        await io.stderr(
          "the store has none of the backup's runs; to move its database aside and " +
            "restore the backup's, pass --database\n",
        );
      }
      const done = dryRun ? "would be restored" : "restored";
      await say(
        `${report.restored.length} ${done}, ${formatBytes(report.bytes)}; ` +
          `${failed.length} still missing or damaged\n`,
      );
    }
    return failed.length > 0 ? 1 : 0;
  },
};
