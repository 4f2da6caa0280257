import { readArtifact } from "../read_artifact.ts";
import { type CommandSpec, UsageError } from "../command.ts";
import { resolveModel } from "../model_ref.ts";

export const cat: CommandSpec = {
  args: "<run> [name]",
  options: [{ name: "follow", summary: "Keep reading while a running program writes" }],
  examples: [
    ["Read a log", "chachaml cat @last stdout.log | less"],
    ["Write the model in production to a file", "chachaml cat iris@production > iris.onnx"],
    ["Follow the output of a program", "chachaml cat @last stdout.log --follow"],
  ],
  run: async ({ args: [run, name], options, io, open, runId }) => {
    const store = await open("read");
    const follow = options.has("follow");
    const signal = follow ? io.interrupted?.() : undefined;
    const version = name === undefined ? await resolveModel(store, run!) : undefined;
    if (version) {
      const artifact = await store.artifacts.get(version.artifactId);
      for await (const chunk of artifact.stream({ verify: true })) await io.stdout(chunk);
      return;
    }
    if (name === undefined) {
      throw new UsageError("name the artifact: cat RUN NAME, or cat MODEL@STAGE");
    }
    const bytes = await readArtifact(store, await runId(store, run!), name, { follow, signal });
    for await (const chunk of bytes) await io.stdout(chunk);
  },
};
