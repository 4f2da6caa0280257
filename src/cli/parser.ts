import { Command } from "@cliffy/command";
import config from "../../deno.json" with { type: "json" };
import { unmark } from "./arguments.ts";
import { type CommandSpec, COMMON_OPTIONS, type Options, type OptionSpec } from "./command.ts";

/** What the parser makes of the arguments of a call. */
export interface Parsed {
  /** Positional arguments. */
  readonly args: readonly string[];
  /** Options by name. */
  readonly options: Options;
}

/** Version of the program. */
export const VERSION: string = config.version;

/** Parses arguments that {@linkcode arrange} has put in order. */
export async function parse(
  verbs: readonly CommandSpec[],
  argv: readonly string[],
): Promise<Parsed> {
  let parsed: Parsed | undefined;
  const program = makeProgram(verbs, (given, args) => {
    parsed = { args: args.map(unmark), options: optionsOf(given) };
  });
  await program.parse([...argv]);
  return parsed!;
}

/** The help of a verb, or of the program. */
export function helpText(verbs: readonly CommandSpec[], verb: CommandSpec | undefined): string {
  const program = makeProgram(verbs, () => {});
  // The program's own comes first in any case: making it prepares the parser for that of a verb.
  const text = program.getHelp({ colors: false });
  const help = verb ? program.getCommand(verb.name)!.getHelp({ colors: false }) : text;
  return help.replace(/[ \t]+$/gm, "").trim() + "\n";
}

type Accept = (options: Record<string, unknown>, args: string[]) => void;

function makeProgram(verbs: readonly CommandSpec[], accept: Accept): Command {
  const program = new Command()
    .name("chachaml")
    .version(VERSION)
    .description("Keeps machine-learning runs and their artifacts.")
    .throwErrors()
    .noExit();
  for (const verb of verbs) program.command(verb.name, makeCommand(verb, accept));
  return program as unknown as Command;
}

function makeCommand(verb: CommandSpec, accept: Accept): Command {
  const command = new Command().description(verb.summary).throwErrors().noExit();
  if (verb.hidden) command.hidden();
  const args = verb.args.replace(/([>\]])/g, ":string$1");
  if (args !== "") command.arguments(args);
  for (const option of [...verb.options, ...COMMON_OPTIONS]) addOption(command, option);
  for (const [words, example] of verb.examples) command.example(words, example);
  command.action((options: unknown, ...given: unknown[]) => {
    const args = given.flat().filter((arg) => arg !== undefined);
    accept(options as Record<string, unknown>, args as string[]);
  });
  return command as unknown as Command;
}

function addOption(command: Pick<Command, "option">, option: OptionSpec): void {
  const flags = `--${option.name}${option.value === undefined ? "" : ` <${option.value}:string>`}`;
  command.option(flags, option.summary, option.repeats ? { collect: true } : {});
}

function optionsOf(given: Record<string, unknown>): Options {
  const valueOf = (name: string) =>
    given[name.replace(/-(.)/g, (_, letter) => letter.toUpperCase())];
  return {
    // A switch that begins with "no-" is taken as the opposite of one without.
    has: (name) =>
      valueOf(name) === true || name.startsWith("no-") && valueOf(name.slice(3)) === false,
    get: (name) => {
      const value = valueOf(name) as string | undefined;
      return value === undefined ? undefined : unmark(value);
    },
    all: (name) => ((valueOf(name) ?? []) as string[]).map(unmark),
  };
}
