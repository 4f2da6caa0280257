import type { Finding } from "../../maintenance/verify.ts";
import { formatBytes, printable } from "../../text/format.ts";
import { clearLine, withProgress } from "../progress.ts";
import type { CommandSpec } from "../command.ts";

export const verify: CommandSpec = {
  args: "",
  options: [
    { name: "quick", summary: "Look at sizes only, without reading the files" },
    { name: "run", value: "run", summary: "Only the artifacts of a run" },
  ],
  examples: [[
    "Exit code: 0 clean, 1 findings, 2 usage, 3 could not run",
    "chachaml verify --quick",
  ]],
  failureCode: 3,
  run: async ({ options, json, io, open, runId, say }) => {
    const run = options.get("run");
    const store = await open("read");
    const only = run === undefined ? undefined : await runId(store, run);
    const signal = io.interrupted?.();
    const findings: Finding[] = [];
    const summary = await withProgress(io, "verify", async (onProgress) => {
      const verification = store.verify({
        quick: options.has("quick"),
        onProgress,
        ...(only !== undefined && { runId: only }),
        ...(signal && { signal }),
      });
      for await (const finding of verification) {
        findings.push(finding);
        if (json) continue;
        const where = finding.artifact ? ` (run ${finding.artifact.runId})` : "";
        await clearLine(io);
        await io.stdout(printable(`${finding.kind}: ${finding.message}${where}`) + "\n");
      }
      return await verification.summary();
    });
    if (json) await json({ ...summary, findings });
    else {
      await say(
        `${summary.artifacts} artifacts, ${formatBytes(summary.bytes)}: ` +
          `${summary.damaged} damaged, ${summary.leftovers} left over\n`,
      );
    }
    return findings.length > 0 ? 1 : 0;
  },
};
