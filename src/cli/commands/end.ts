import type { Run } from "../../metadata/run.ts";
import { messageOf } from "../wording.ts";
import { count, printable } from "../../text/format.ts";
import { type CommandSpec, UsageError } from "../command.ts";

export const end: CommandSpec = {
  args: "[run...]",
  options: [
    { name: "failed", summary: "End them as failed" },
    { name: "error", value: "text", summary: "End them as failed, with this error" },
    { name: "dead", summary: "End all running runs whose process is dead, as failed" },
  ],
  examples: [
    ["End the runs that a crash left running", "chachaml end --dead"],
    ["End a failed run", 'chachaml end $RUN --error "out of memory"'],
  ],
  run: async ({ args, options, json, io, open, say, runId }) => {
    const error = options.get("error");
    const failed = options.has("failed") || error !== undefined;
    if (options.has("dead")) {
      if (args.length > 0 || failed) {
        throw new UsageError("--dead takes no runs and no other options: end --dead");
      }
      const ended = await (await open("write")).runs.endDead();
      for (const run of ended) await say(`run ${run.id} failed: ${run.error}\n`);
      if (ended.length === 0) await say("no running run is dead\n");
      if (json) await json(ended);
      return;
    }
    if (args.length === 0) throw new UsageError("end needs <run>, or --dead for all dead runs");
    const store = await open("write");
    const ids = new Set<string>();
    for (const ref of args) ids.add(await runId(store, ref));
    const ended: Run[] = [];
    const failures: Error[] = [];
    for (const id of ids) {
      try {
        // Output left by a dead program belongs to the run.
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
    for (const failure of failures) {
      await io.stderr(`chachaml: ${printable(messageOf(failure))}\n`);
    }
    if (json) await json(args.length === 1 ? ended[0] : ended);
    return failures.length > 0 ? 1 : 0;
  },
};
