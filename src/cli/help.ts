/** Help texts, generated from the command specifications. */
import { type Command, type CommandEntry, COMMON_OPTIONS, type OptionSpec } from "./command.ts";
import { LINK, VARIABLES } from "./environment.ts";
import { VERSION } from "./version.ts";

/** Examples in the program's help. */
const EXAMPLES: readonly (readonly [words: string, command: string])[] = [
  ["Run a training and keep its output and files", "chachaml exec -- python train.py"],
  ["See the best runs", "chachaml runs --sort=-loss --limit 5"],
  ["Show the newest run", "chachaml show @last"],
];

/** Returns the help of the program: grouped commands, examples, environment variables. */
export function programHelp(commands: readonly CommandEntry[]): string {
  const shown = commands.filter(({ hidden }) => !hidden);
  const groups = Map.groupBy(shown, ({ group }) => group);
  const sections = [...groups].map(([group, entries]) =>
    section(group, entries.map(({ name, summary }) => [name, summary]))
  );
  return [
    `chachaml ${VERSION}: keeps machine-learning runs and their artifacts.\n`,
    "Usage: chachaml <command> [arguments] [options]\n",
    ...sections,
    section("Options", [...COMMON_OPTIONS.map(optionRow), ["-V, --version", "Show the version"]]),
    `Examples:\n${EXAMPLES.map(([words, call]) => `  ${words}:\n    ${call}\n`).join("")}`,
    section("Environment", VARIABLES),
    `Help on a command: chachaml <command> --help\nDocumentation: ${LINK}\n`,
  ].join("\n");
}

function section(title: string, rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return `${title}:\n${
    rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join("")
  }`;
}

function optionRow(option: OptionSpec): [string, string] {
  return [flagsOf(option), summaryOf(option)];
}

/** Formats an option as it is typed: `-e, --experiment <name>`. */
export function flagsOf({ name, short, value }: OptionSpec): string {
  return `${short === undefined ? "" : `-${short}, `}--${name}${
    value === undefined ? "" : ` <${value}>`
  }`;
}

/** Returns the help of an option, with its allowed values. */
export function summaryOf({ summary, choices, repeats }: OptionSpec): string {
  return summary + (choices ? ` (${choices.join(", ")})` : "") +
    (repeats ? " (may be repeated)" : "");
}

/** Returns the help of one command, in cliffy's layout. */
export async function commandHelp(command: Command): Promise<string> {
  const { Command: Cliffy } = await import("@cliffy/command");
  const program = new Cliffy().name("chachaml").version(VERSION).noExit();
  const own = new Cliffy().description(command.summary).noExit();
  const args = command.args.replace(/([>\]])/g, ":string$1");
  if (args !== "") own.arguments(args);
  for (const option of [...command.options, ...COMMON_OPTIONS]) {
    // Cliffy adds its own help option.
    if (option.name === "help") continue;
    own.option(flagsOf(option).replace(/>$/, ":string>"), summaryOf(option));
  }
  for (const [words, example] of command.examples) own.example(words, example);
  program.command(command.name, own);
  // Getting the program's help first also prepares that of the command.
  program.getHelp({ colors: false });
  const text = program.getCommand(command.name)!.getHelp({ colors: false });
  return text.replace(/[ \t]+$/gm, "").trim() + "\n";
}
