import { type CommandSpec, COMMON_OPTIONS, type OptionSpec, UsageError } from "./command.ts";

/**
 * Stands before each value on its way through the parser, which would take some arguments for an
 * option, an unknown option for an argument, and an empty value for none.
 */
const MARK = "\u0001";

/** Arguments in a form that leaves a parser no choice. */
export interface Arranged {
  /** The verb, if one was named. */
  readonly verb: CommandSpec | undefined;
  /** Whether help was asked for. */
  readonly help: boolean;
  /** Whether the version was asked for. */
  readonly version: boolean;
  /** Whether JSON was asked for. */
  readonly json: boolean;
  /** The verb, its options as `--name=value`, and its arguments; values and arguments are marked. */
  readonly argv: string[];
}

/**
 * Arranges the arguments of a call: options may stand anywhere, before the verb too, up to `--`. Of
 * an option that is given again, though it does not repeat, the last value counts.
 *
 * @throws {UsageError} If a verb or an option is not known, or a value is missing.
 */
export function arrange(args: readonly string[], verbs: readonly CommandSpec[]): Arranged {
  const options: [spec: OptionSpec, value: string | undefined][] = [];
  const words: string[] = [];
  let verb: CommandSpec | undefined;
  let [help, version] = [false, false];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--") {
      if (!verb) throw new UsageError("a command comes before --; see: chachaml --help");
      words.push(...args.slice(at + 1));
      break;
    } else if (verb?.leavesRest && !arg.startsWith("-")) {
      words.push(...args.slice(at));
      break;
    } else if (arg === "--help" || arg === "-h") help = true;
    else if (!verb && (arg === "--version" || arg === "-V")) version = true;
    else if (arg.startsWith("-") && arg !== "-") {
      const equals = arg.indexOf("=");
      const name = equals < 0 ? arg : arg.slice(0, equals);
      const spec = specOf(name, verb);
      let value = equals < 0 ? undefined : arg.slice(equals + 1);
      if (spec.value !== undefined && value === undefined) value = args[++at];
      if ((spec.value === undefined) !== (value === undefined)) {
        throw new UsageError(
          value === undefined ? `${name} needs a value: ${spec.value}` : `${name} takes no value`,
        );
      }
      options.push([spec, value]);
    } else if (verb) words.push(arg);
    else if (arg === "help") help = true;
    else verb = verbNamed(arg, verbs);
  }
  if (verb && !help) checkCount(verb, words);
  const counting = options.filter(([spec], at) =>
    spec.repeats || !options.slice(at + 1).some(([later]) => later === spec)
  );
  const argv = [
    ...counting.map(([{ name }, value]) =>
      `--${name}${value === undefined ? "" : `=${MARK}${value}`}`
    ),
    ...words.map((word) => MARK + word),
  ];
  const json = options.some(([{ name }]) => name === "json");
  return { verb, help, version, json, argv: verb ? [verb.name, ...argv] : argv };
}

/** A value or a positional argument as it was typed. */
export function unmark(arg: string): string {
  return arg.startsWith(MARK) ? arg.slice(MARK.length) : arg;
}

function specOf(name: string, verb: CommandSpec | undefined): OptionSpec {
  const spec = [...COMMON_OPTIONS, ...verb?.options ?? []]
    .find((option) => `--${option.name}` === name);
  if (spec) return spec;
  throw new UsageError(
    verb
      ? `${verb.name} has no option ${name}; see: chachaml ${verb.name} --help`
      : `there is no option ${name} before the command; see: chachaml --help`,
  );
}

function checkCount(verb: CommandSpec, words: readonly string[]): void {
  const slots = verb.args.split(" ").filter((slot) => slot !== "");
  const missing = slots.slice(words.length).find((slot) => slot.startsWith("<"));
  const extra = slots.at(-1)?.includes("...") ? undefined : words[slots.length];
  if (missing === undefined && extra === undefined) return;
  const problem = missing === undefined
    ? `does not take ${JSON.stringify(extra)}`
    : `needs ${missing}`;
  throw new UsageError(`${verb.name} ${problem}; usage: chachaml ${verb.name} ${verb.args}`.trim());
}

function verbNamed(word: string, verbs: readonly CommandSpec[]): CommandSpec {
  const verb = verbs.find(({ name }) => name === word);
  if (verb) return verb;
  throw new UsageError(
    `there is no command ${JSON.stringify(word)}; there are: ${
      verbs.filter(({ hidden }) => !hidden).map((v) => v.name).join(", ")
    }`,
  );
}
