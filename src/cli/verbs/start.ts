import { UsageError, type Verb } from "../verb.ts";

export const start: Verb = {
  name: "start",
  summary: "Start a run and print its id",
  args: "",
  options: [
    { name: "experiment", value: "name", summary: "What it belongs to (default: default)" },
    { name: "name", value: "text", summary: "Name for people" },
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
  run: async ({ options, io, open }) => {
    const [id, experiment, name, parentId, createdBy] = ["id", "experiment", "name", "parent", "by"]
      .map(options.get);
    const store = await open("create");
    const run = await store.startRun({
      ...(id !== undefined && { id }),
      ...(experiment !== undefined && { experiment }),
      ...(name !== undefined && { name }),
      ...(parentId !== undefined && { parentId }),
      ...(createdBy !== undefined && { createdBy }),
      tags: Object.fromEntries(options.all("tag").map(splitTag)),
    });
    await io.stdout((options.has("json") ? JSON.stringify(run.info) : run.id) + "\n");
  },
};

function splitTag(tag: string): [key: string, value: string] {
  const equals = tag.indexOf("=");
  if (equals <= 0) throw new UsageError(`--tag takes key=value, not ${JSON.stringify(tag)}`);
  return [tag.slice(0, equals), tag.slice(equals + 1)];
}
