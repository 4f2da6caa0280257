import type { CommandSpec } from "../command.ts";

export const end: CommandSpec = {
  args: "<run>",
  options: [
    { name: "failed", summary: "It has failed" },
    { name: "error", value: "text", summary: "It has failed, and why" },
  ],
  examples: [["End a run that went wrong", 'chachaml end $RUN --error "out of memory"']],
  run: async ({ args: [run], options, json, open, runId }) => {
    const error = options.get("error");
    const failed = options.has("failed") || error !== undefined;
    const store = await open("write");
    const ended = await store.runs.end(await runId(store, run!), {
      status: failed ? "failed" : "completed",
      ...(error !== undefined && { error }),
    });
    if (json) await json(ended);
  },
};
