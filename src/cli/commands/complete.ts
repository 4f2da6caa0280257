import { complete, isMarker } from "../completion.ts";
import { quote, unquote } from "../shell_words.ts";
import type { CommandSpec } from "../command.ts";

export const completeCommand: CommandSpec = {
  args: "[word...]",
  options: [{ name: "shell", value: "shell", summary: "Shell whose quoting the words have" }],
  examples: [],
  leavesRest: true,
  run: async ({ args, options, io, open, runId, commands }) => {
    const shell = options.get("shell");
    const last = unquote(args.at(-1) ?? "");
    // Fish removes the quotes of all words except the one at the cursor, zsh of all, bash of none.
    const words = shell === "bash"
      ? args.map((word) => unquote(word).text)
      : shell === "fish"
      ? [...args.slice(0, -1), last.text]
      : args;
    const found = await complete(words, commands, { open: (place) => open("read", place), runId });
    const quoted = found.map((word) =>
      shell === "bash" && !isMarker(word) ? quote(word, last.open) : word
    );
    await io.stdout(quoted.map((word) => `${word}\n`).join(""));
  },
};
