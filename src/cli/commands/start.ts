import { assertRunId } from "../../names/names.ts";
import { parentRun } from "../parent_run.ts";
import { parseParams, parseTags } from "../values.ts";
import type { CommandSpec } from "../command.ts";

export const start: CommandSpec = {
  args: "",
  options: [
    {
      name: "experiment",
      short: "e",
      value: "name",
      complete: "experiment",
      summary: "Experiment of the run (default: its parent's, else default)",
    },
    { name: "name", short: "n", value: "text", summary: "Display name" },
    { name: "param", value: "pair", repeats: true, summary: "Param, as key=value" },
    { name: "tag", value: "pair", repeats: true, summary: "Tag, as key=value" },
    {
      name: "parent",
      value: "run",
      summary: "Parent run, or none (default: the run of the enclosing exec)",
    },
    { name: "by", value: "name", summary: "Name of the user who starts it" },
    { name: "id", value: "id", summary: "Its id (default: a UUID)" },
  ],
  examples: [["Keep the id for later commands", "RUN=$(chachaml start --experiment iris)"]],
  run: async (call) => {
    const { options, json, io, open } = call;
    const [id, experiment, name, createdBy] = ["id", "experiment", "name", "by"].map(options.get);
    const params = parseParams(options.all("param"));
    const tags = parseTags(options.all("tag"));
    if (id !== undefined) assertRunId(id);
    // An invalid call creates no store, nor does one with a parent, which must already be in it.
    const store = await open(options.get("parent") === undefined ? "create" : "write");
    const parent = await parentRun(store, call);
    const run = await store.startRun({
      ...(id !== undefined && { id }),
      experiment: experiment ?? parent?.experiment ?? "default",
      ...(name !== undefined && { name }),
      parentId: parent?.id ?? null,
      ...(createdBy !== undefined && { createdBy }),
      tags,
      // The run continues after this command.
      attached: false,
    });
    if (Object.keys(params).length > 0) await run.logParams(params);
    if (json) await json(run.info);
    else await io.stdout(`${run.id}\n`);
  },
};
