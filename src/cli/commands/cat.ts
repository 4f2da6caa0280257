import type { CommandSpec } from "../command.ts";

export const cat: CommandSpec = {
  args: "<run> <name>",
  options: [],
  examples: [["Look into a log", "chachaml cat @last stdout.log | less"]],
  run: async ({ args: [run, name], io, open, runId }) => {
    const store = await open("read");
    const artifact = await store.artifacts.get(await runId(store, run!), name!);
    for await (const chunk of artifact.stream({ verify: true })) await io.stdout(chunk);
  },
};
