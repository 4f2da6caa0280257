import { assertRunId } from "../../names/names.ts";
import { splitPair } from "../values.ts";
import type { CommandSpec } from "../command.ts";

export const start: CommandSpec = {
  args: "",
  options: [
    {
      name: "experiment",
      short: "e",
      value: "name",
      complete: "experiment",
      summary: "What it belongs to (default: default)",
    },
    { name: "name", short: "n", value: "text", summary: "Name for people" },
    {
      name: "tag",
      value: "label",
      repeats: true,
      summary: "Label, as key=value; may be given again",
    },
    { name: "parent", value: "run", summary: "The run that it is part of" },
    { name: "by", value: "name", summary: "Who starts it" },
    { name: "id", value: "id", summary: "Its id (default: a UUID)" },
  ],
  examples: [["Keep the id for the commands to come", "RUN=$(chachaml start --experiment iris)"]],
  run: async ({ options, json, io, open, runId }) => {
    const [id, experiment, name, parent, createdBy] = ["id", "experiment", "name", "parent", "by"]
      .map(options.get);
    const tags = Object.fromEntries(options.all("tag").map((tag) => splitPair("--tag", tag)));
    if (id !== undefined) assertRunId(id);
    // A call that is refused makes no store; nor does one whose parent cannot be in it.
    const store = await open(parent === undefined ? "create" : "write");
    const run = await store.startRun({
      ...(id !== undefined && { id }),
      ...(experiment !== undefined && { experiment }),
      ...(name !== undefined && { name }),
      ...(parent !== undefined && { parentId: await runId(store, parent) }),
      ...(createdBy !== undefined && { createdBy }),
      tags,
      // It goes on when this command has ended.
      attached: false,
    });
    if (json) await json(run.info);
    else await io.stdout(`${run.id}\n`);
  },
};
