import { onDemand } from "../../base/on_demand.ts";
import { type CommandSpec, loadCommand } from "../command.ts";

export const man: CommandSpec = {
  args: "",
  options: [],
  examples: [
    ["Read it", "chachaml man | man -l -"],
    ["Install it", "chachaml man > ~/.local/share/man/man1/chachaml.1"],
  ],
  run: async ({ commands, io }) => {
    const { manPage } = await import(
      onDemand("../man_page.ts")
    ) as typeof import("../man_page.ts");
    await io.stdout(manPage(await Promise.all(commands.map(loadCommand))));
  },
};
