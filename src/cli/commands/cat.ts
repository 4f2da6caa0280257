import { readArtifact } from "../read_artifact.ts";
import type { CommandSpec } from "../command.ts";

export const cat: CommandSpec = {
  args: "<run> <name>",
  options: [{ name: "follow", summary: "Read on while a running program writes it" }],
  examples: [
    ["Look into a log", "chachaml cat @last stdout.log | less"],
    ["Watch a program", "chachaml cat @last stdout.log --follow"],
  ],
  run: async ({ args: [run, name], options, io, open, runId }) => {
    const store = await open("read");
    const follow = options.has("follow");
    const signal = follow ? io.interrupted?.() : undefined;
    const bytes = await readArtifact(store, await runId(store, run!), name!, { follow, signal });
    for await (const chunk of bytes) await io.stdout(chunk);
  },
};
