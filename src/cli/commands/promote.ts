import type { ModelStage } from "../../metadata/model.ts";
import { type CommandSpec, UsageError } from "../command.ts";

export const promote: CommandSpec = {
  args: "<model> <version> [stage]",
  options: [],
  examples: [
    ["To production; the previous version is archived", "chachaml promote iris 3"],
    ["Archive a version", "chachaml promote iris 2 archived"],
  ],
  run: async ({ args: [model, number, stage = "production"], json, open, say }) => {
    if (!/^\d+$/.test(number!)) {
      throw new UsageError(`a version is a number, not ${JSON.stringify(number)}`);
    }
    const store = await open("write");
    const version = await store.models.promote(model!, Number(number), stage as ModelStage);
    if (json) return await json(version);
    await say(`${version.model} ${version.version} is in ${version.stage}\n`);
  },
};
