import { type CommandSpec, UsageError } from "../command.ts";

export const rename: CommandSpec = {
  args: "<run> [name]",
  options: [
    {
      name: "experiment",
      short: "e",
      value: "name",
      complete: "experiment",
      summary: "Move it to another experiment",
    },
  ],
  examples: [
    ["Give a run a name", "chachaml rename @last baseline"],
    ["Move a run to another experiment", "chachaml rename @last --experiment iris"],
  ],
  run: async ({ args: [ref, name], options, json, open, runId, say }) => {
    const experiment = options.get("experiment");
    if (name === undefined && experiment === undefined) {
      throw new UsageError("nothing to change: give a name or --experiment");
    }
    const store = await open("write");
    const run = await store.runs.update(await runId(store, ref!), {
      ...(name !== undefined && { name: name === "" ? null : name }),
      ...(experiment !== undefined && { experiment }),
    });
    if (json) return await json(run);
    await say(`run ${run.id}: ${run.name ?? "no name"}, experiment ${run.experiment}\n`);
  },
};
