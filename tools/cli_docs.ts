/** Writes `docs/cli.md` from the commands themselves: `deno task docs`. */
import { EXIT } from "../src/cli/main.ts";
import { type Command, COMMON_OPTIONS, loadCommand, type OptionSpec } from "../src/cli/command.ts";
import { VARIABLES } from "../src/cli/environment.ts";
import { flagsOf, summaryOf } from "../src/cli/help.ts";
import { COMMANDS } from "../src/cli/commands/mod.ts";

/** Where the page is. */
export const PAGE: URL = new URL("../docs/cli.md", import.meta.url);

/** The types of what `--json` prints, which the page shows. */
export const JSON_TYPES: URL = new URL("../docs/cli_json.ts", import.meta.url);

const EXIT_CODES: readonly (readonly [string, string])[] = [
  [String(EXIT.ok), "done"],
  [String(EXIT.failure), "failed, or found something that needs attention"],
  [String(EXIT.usage), "not understood, or not allowed; nothing was done"],
  ["3", "`verify` could not run"],
  ["130, 143", "interrupted by Ctrl-C, or by SIGTERM"],
  [String(EXIT.brokenPipe), "whoever read the output has gone, as in `… | head -1`"],
  ["any", "`exec` gives that of the program"],
];

const RUN_NAMES: readonly (readonly [string, string])[] = [
  ["`3f2a8c1e-…`, `3f2a`", "its id, or the beginning of it that no other has"],
  ["`baseline`", "its name, if no other run has it"],
  ["`@last`, `@-2`", "the run started last, the one before it"],
  ["`@run`", "the run of `CHACHAML_RUN`"],
  ["`@min:loss`, `@max:acc`", "the run whose last value of a metric is the smallest, the largest"],
  [
    "`@best:val/loss`, `@worst:…`",
    "the smallest for losses, errors and times, by a word in the name of the metric; else the largest",
  ],
  [
    "`iris@production`, `iris@3`",
    "for `show`, `get` and `cat`: a version of a model, by stage or number",
  ],
];

/** The page, as the commands are now. */
export async function cliPage(): Promise<string> {
  const shown = COMMANDS.filter(({ hidden }) => !hidden);
  const commands = await Promise.all(shown.map(loadCommand));
  const groups = Map.groupBy(commands, ({ group }) => group);
  return `# The command line

<!-- Written by \`deno task docs\`; do not edit it. -->

Every command is \`chachaml <command> [arguments] [options]\`. Options may stand anywhere, and take
their value as \`--name value\` or \`--name=value\`; what stands behind \`--\` is an argument, whatever it
begins with; \`-e\`, \`-n\`, \`-q\`, \`-f\` and the like stand for common options. \`-\` is standard input or output.

A \`<run>\` is one of these:

${table(["run", "meaning"], RUN_NAMES)}

The store is that of \`--db\` or \`CHACHAML_DB\`; else the nearest \`chachaml.db\` in the working directory
or one above it, up to \`CHACHAML_CEILING\`, that belongs to the same user; else \`start\`, \`exec\` and
\`import\` make one in the working directory and say so.

Data goes to standard output; words, progress and errors to standard error. With \`--json\` the data is
one [JSON document](#json) on one line.

${table(["exit code", "meaning"], EXIT_CODES)}

${table(["variable", "meaning"], VARIABLES.map(([name, words]) => [`\`${name}\``, words]))}

All commands take these options:

${optionTable(COMMON_OPTIONS)}

## Commands

${
    [...groups].map(([group, members]) =>
      `${group}:\n\n${
        members.map(({ name, summary }) => `- [${name}](#${name}): ${summary}`).join("\n")
      }\n`
    ).join("\n")
  }
${commands.map(sectionOf).join("\n")}
## JSON

With \`--json\`, a command prints the one of these documents that has its name. Those that have none
print nothing but what they are asked for. Times are ISO 8601, sizes are bytes. Numbers that JSON has
not are text: \`"NaN"\`, \`"Infinity"\`. Fields may be added, and none are taken away or renamed
before the next major version.

\`\`\`ts
${await Deno.readTextFile(JSON_TYPES)}\`\`\`
`;
}

function sectionOf({ name, summary, args, options, examples }: Command): string {
  const parts = [
    `### ${name}\n`,
    `${summary}.\n`,
    `\`\`\`\n${["chachaml", name, args].filter((part) => part !== "").join(" ")}\n\`\`\`\n`,
  ];
  if (options.length > 0) parts.push(`${optionTable(options)}\n`);
  for (const [words, command] of examples) {
    parts.push(`${words}:\n\n\`\`\`sh\n${command}\n\`\`\`\n`);
  }
  return parts.join("\n");
}

function optionTable(options: readonly OptionSpec[]): string {
  return table(
    ["option", ""],
    options.map((option) => [`\`${flagsOf(option)}\``, summaryOf(option)]),
  );
}

/** A Markdown table; a bar in a cell, in code too, would end it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The page as the formatter leaves it. */
export async function formattedPage(): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext=md", "--line-width=100", "-"],
    stdin: "piped",
    stdout: "piped",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(await cliPage()));
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout);
}

if (import.meta.main) {
  await Deno.mkdir(new URL(".", PAGE), { recursive: true });
  await Deno.writeTextFile(PAGE, await formattedPage());
}
