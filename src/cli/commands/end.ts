import type { Run } from "../../metadata/run.ts";
import { count, printable } from "../../text/format.ts";
import type { CommandSpec } from "../command.ts";

export const end: CommandSpec = {
  args: "<run...>",
  options: [
    { name: "failed", summary: "They have failed" },
    { name: "error", value: "text", summary: "They have failed, and why" },
  ],
  examples: [["End a run that went wrong", 'chachaml end $RUN --error "out of memory"']],
  run: async ({ args, options, json, io, open, say, runId }) => {
    const error = options.get("error");
    const failed = options.has("failed") || error !== undefined;
    const store = await open("write");
    const ids = new Set<string>();
    for (const ref of args) ids.add(await runId(store, ref));
    const ended: Run[] = [];
    const failures: Error[] = [];
    for (const id of ids) {
      try {
        // Output that a dead program left belongs to the run.
        const logs = await store.artifacts.recoverLogs(id);
        const run = await store.runs.end(id, {
          status: failed ? "failed" : "completed",
          ...(error !== undefined && { error }),
        });
        ended.push(run);
        const kept = logs.length > 0 ? `, with ${count(logs.length, "log")} recovered` : "";
        await say(`run ${run.id} ${run.status}${kept}\n`);
      } catch (failure) {
        if (ids.size === 1) throw failure;
        failures.push(failure as Error);
      }
    }
    for (const { message } of failures) await io.stderr(`chachaml: ${printable(message)}\n`);
    if (json) await json(args.length === 1 ? ended[0] : ended);
    return failures.length > 0 ? 1 : 0;
  },
};
