import { printable } from "../../text/printable.ts";
import { count } from "../../text/format.ts";
import { type CommandSpec, UsageError } from "../command.ts";

export const unregister: CommandSpec = {
  args: "<model> [version]",
  options: [{ name: "yes", short: "y", summary: "Remove without asking" }],
  examples: [
    ["One version; its artifact stays", "chachaml unregister iris 2 --yes"],
    ["A model with all its versions", "chachaml unregister iris --yes"],
  ],
  run: async ({ args: [model, number], json, open, say, confirm }) => {
    if (number !== undefined && !/^[1-9]\d*$/.test(number)) {
      throw new UsageError(`a version is a number, not ${JSON.stringify(number)}`);
    }
    const store = await open("write");
    if (number === undefined) {
      const { versions } = await store.models.get(model!);
      await confirm(
        `This removes the model ${printable(model!)} with ${count(versions, "version")}.`,
      );
      await store.models.remove(model!);
    } else {
      const { stage } = await store.models.find(model!, { version: Number(number) });
      await confirm(`This removes version ${number} of ${printable(model!)}, in stage ${stage}.`);
      await store.models.remove(model!, Number(number));
    }
    const removed = { model, version: number === undefined ? null : Number(number) };
    if (json) return await json({ removed });
    await say(`removed ${model}${number === undefined ? "" : ` ${number}`}; artifacts stay\n`);
  },
};
