import { count } from "../../text/format.ts";
import type { CommandSpec } from "../command.ts";

export const rm: CommandSpec = {
  args: "<run> [name]",
  options: [
    { name: "yes", short: "y", summary: "Really remove the whole run" },
    { name: "force", short: "f", summary: "Also what model versions are made of" },
  ],
  examples: [
    ["One artifact", "chachaml rm $RUN checkpoints/01.pt"],
    ["A run with all it has", "chachaml rm $RUN --yes"],
  ],
  run: async ({ args: [run, name], options, json, open, runId, confirm }) => {
    const store = await open("write");
    const id = await runId(store, run!);
    if (name === undefined) {
      const { length } = await store.artifacts.list(id);
      await confirm(`This removes the run ${id} with ${count(length, "artifact")}.`);
    }
    const force = options.has("force");
    if (name === undefined) await store.runs.remove(id, { force });
    else await store.artifacts.remove(id, name, { force });
    if (json) await json({ removed: { run: id, name } });
  },
};
