/** Parses the arguments of a call according to the specification of the command. */
import { nearNames } from "../base/near_names.ts";
import {
  type Command,
  type CommandEntry,
  COMMON_OPTIONS,
  loadCommand,
  type Options,
  type OptionSpec,
  UsageError,
} from "./command.ts";

/** Parsed arguments of a call. */
export interface Parsed {
  /** The command, if one is named. */
  readonly command: Command | undefined;
  /** Whether help is requested. */
  readonly help: boolean;
  /** Whether the version is requested. */
  readonly version: boolean;
  /** Positional arguments. */
  readonly args: readonly string[];
  /** Options by name. */
  readonly options: Options;
}

/** The version option, valid only before a command. */
const VERSION: OptionSpec = { name: "version", short: "V", summary: "Show the version" };

/**
 * Parses the arguments of a call. Options may appear anywhere, even before the command, up to `--`.
 * If an option that does not repeat is given again, the last value wins.
 *
 * @throws {UsageError} If a command, an option or a value is unknown, or a value is missing.
 */
export async function parse(
  words: readonly string[],
  commands: readonly CommandEntry[],
): Promise<Parsed> {
  const given = new Map<string, string[]>();
  const args: string[] = [];
  let command: Command | undefined;
  let helps = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === "--") {
      if (!command) throw new UsageError("a command comes before --; see: chachaml --help");
      args.push(...words.slice(at + 1));
      break;
    } else if (word.startsWith("-") && word !== "-") {
      at += takeOption(word, words[at + 1], command, given);
    } else if (command?.leavesRest) {
      args.push(...words.slice(at));
      break;
    } else if (command) args.push(word);
    else if (word === "help") helps = true;
    else command = await loadCommand(commandNamed(word, commands));
  }
  const options = optionsOf(given);
  const help = helps || options.has("help");
  if (command && !help) checkCount(command, args);
  return { command, help, version: options.has("version"), args, options };
}

/** Parses an option, or several letters in one word. Returns the number of further words used. */
function takeOption(
  word: string,
  next: string | undefined,
  command: Command | undefined,
  given: Map<string, string[]>,
): number {
  const isLong = word.startsWith("--");
  const [name, inline] = isLong ? splitLong(word) : splitShort(word);
  const spec = specOf(name, command);
  if (spec.value === undefined) {
    if (isLong && inline !== undefined) throw new UsageError(`${name} takes no value`);
    add(given, spec, "");
    // Further letters: `-qf` means `-q -f`.
    return inline === undefined ? 0 : takeOption(`-${inline}`, next, command, given);
  }
  const value = inline ?? next;
  if (value === undefined) throw new UsageError(`${name} needs a value: ${spec.value}`);
  if (spec.choices && !spec.choices.includes(value)) {
    throw new UsageError(
      `${name} takes ${spec.choices.join(", ")}, not ${JSON.stringify(value)}${
        didYouMean(value, spec.choices)
      }`,
    );
  }
  add(given, spec, value);
  return inline === undefined ? 1 : 0;
}

function splitLong(word: string): [name: string, value: string | undefined] {
  const equals = word.indexOf("=");
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

function splitShort(word: string): [name: string, rest: string | undefined] {
  const letter = [...word.slice(1)][0]!;
  const rest = word.slice(1 + letter.length);
  return [`-${letter}`, rest === "" ? undefined : rest];
}

function add(given: Map<string, string[]>, { name, repeats }: OptionSpec, value: string): void {
  given.set(name, repeats ? [...given.get(name) ?? [], value] : [value]);
}

function specOf(name: string, command: Command | undefined): OptionSpec {
  const specs = [...command?.options ?? [VERSION], ...COMMON_OPTIONS];
  const spec = specs.find((spec) => name === `--${spec.name}` || name === `-${spec.short}`);
  if (spec) return spec;
  const help = `see: chachaml${command ? ` ${command.name}` : ""} --help`;
  const near = didYouMean(name, specs.map((spec) => `--${spec.name}`));
  throw new UsageError(
    command
      ? `${command.name} has no option ${name}${near}; ${help}`
      : `there is no option ${name} before the command${near}; ${help}`,
  );
}

function checkCount(command: Command, args: readonly string[]): void {
  const slots = command.args.split(" ").filter((slot) => slot !== "");
  const missing = slots.slice(args.length).find((slot) => slot.startsWith("<"));
  const extra = slots.some((slot) => slot.includes("...")) ? undefined : args[slots.length];
  if (missing === undefined && extra === undefined) return;
  const problem = missing === undefined
    ? `does not take ${JSON.stringify(extra)}`
    : `needs ${missing}`;
  throw new UsageError(
    `${command.name} ${problem}; usage: chachaml ${command.name} ${command.args}`.trim(),
  );
}

function commandNamed(word: string, commands: readonly CommandEntry[]): CommandEntry {
  const command = commands.find(({ name }) => name === word);
  if (command) return command;
  const names = commands.filter(({ hidden }) => !hidden).map(({ name }) => name);
  throw new UsageError(
    `there is no command ${JSON.stringify(word)}${didYouMean(word, names)}; see: chachaml --help`,
  );
}

/** Returns names similar to a mistyped one, in parentheses; empty if there are none. */
export function didYouMean(asked: string, names: readonly string[]): string {
  const near = nearNames(asked, names);
  return near.length === 0 ? "" : ` (did you mean ${near.join(" or ")}?)`;
}

function optionsOf(given: ReadonlyMap<string, readonly string[]>): Options {
  return {
    has: (name) => given.has(name),
    get: (name) => given.get(name)?.at(-1),
    all: (name) => given.get(name) ?? [],
  };
}
