import { formatAgo } from "../../text/time.ts";
import { didYouMean } from "../arguments.ts";
import { type CommandSpec, UsageError } from "../command.ts";
import { printTable } from "../table.ts";

export const experiments: CommandSpec = {
  args: "[experiment]",
  options: [
    { name: "describe", value: "text", summary: "Set its description; empty text removes it" },
    { name: "owner", value: "name", summary: "Set its owner; empty text removes it" },
  ],
  examples: [
    ["List all experiments", "chachaml experiments"],
    [
      "Describe an experiment",
      "chachaml experiments iris --describe 'Baselines' --owner ada",
    ],
  ],
  paged: true,
  run: async ({ args: [name], options, json, io, open, say }) => {
    const [description, owner] = ["describe", "owner"].map(options.get);
    if (description !== undefined || owner !== undefined) {
      if (name === undefined) throw new UsageError("name the experiment to describe");
      const store = await open("write");
      await store.experiments.describe(name, {
        ...(description !== undefined && { description: description || null }),
        ...(owner !== undefined && { owner: owner || null }),
      });
      if (!json) return await say(`described experiment ${name}\n`);
      const all = await store.experiments.list();
      return await json(all.find((experiment) => experiment.name === name));
    }
    const store = await open("read");
    const all = await store.experiments.list();
    const shown = name === undefined ? all : all.filter((experiment) => experiment.name === name);
    if (name !== undefined && shown.length === 0) {
      throw new UsageError(
        `there is no experiment ${JSON.stringify(name)}${
          didYouMean(name, all.map((experiment) => experiment.name))
        }`,
      );
    }
    if (json) return await json(name === undefined ? all : shown[0]);
    const rows = shown.map((experiment) => [
      experiment.name,
      String(experiment.runs),
      experiment.lastRun === null ? "" : formatAgo(experiment.lastRun, Date.now()),
      experiment.owner ?? "",
      experiment.description ?? "",
    ]);
    const head = ["EXPERIMENT", "RUNS", "LAST RUN", "OWNER", "DESCRIPTION"];
    await printTable(io, head, rows, ["RUNS"]);
  },
};
