import { UsageError, type Verb } from "../verb.ts";

export const rm: Verb = {
  name: "rm",
  summary: "Remove an artifact, or a run with all it has",
  args: "<run> [name]",
  options: [
    { name: "yes", summary: "Really remove the whole run" },
    { name: "force", summary: "Also what model versions are made of" },
  ],
  examples: [
    ["One artifact", "chachaml rm $RUN checkpoints/01.pt"],
    ["A run with all it has", "chachaml rm $RUN --yes"],
  ],
  run: async ({ args: [run, name], options, io, open }) => {
    if (name === undefined && !options.has("yes")) {
      throw new UsageError(`this removes the whole run; pass --yes, or name an artifact of it`);
    }
    const store = await open("write");
    const force = options.has("force");
    if (name === undefined) await store.removeRun(run!, { force });
    else await store.remove(run!, name, { force });
    if (options.has("json")) await io.stdout(JSON.stringify({ removed: { run, name } }) + "\n");
  },
};
