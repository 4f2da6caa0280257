/** Completion of the word at the cursor. */
import { isPrintable } from "../text/printable.ts";
import {
  type Command,
  type CommandEntry,
  COMMON_OPTIONS,
  loadCommand,
  type OptionSpec,
} from "./command.ts";
import { type Access, type Place, valuesOf } from "./completion_values.ts";

/** Marker for file names, which the shell completes itself. */
export const FILES = ":files";

/**
 * Marker for the completions of another program; followed by the index of the word that names it.
 */
export const PROGRAM = ":program";

/** Placeholders of file names in help. */
const PATHS = ["path", "source", "directory", "backup", "archive", "file", "destination", "glob"];

/**
 * Returns the possible completions of the last word.
 *
 * @param words Words typed so far, without the program's name. The last one may be incomplete or
 * empty.
 * @param commands All commands.
 * @param access Access to the store.
 */
export async function complete(
  words: readonly string[],
  commands: readonly CommandEntry[],
  access: Access,
): Promise<readonly string[]> {
  const current = words.at(-1) ?? "";
  const typed = await read(words.slice(0, -1), commands);
  const found = await candidates(current, typed, commands, access);
  return found.filter((word) =>
    isMarker(word) && found.length === 1 ||
    // A word that a terminal cannot display cannot be chosen.
    word.startsWith(current) && isPrintable(word)
  );
}

/** Whether a word is a marker for completions that only the shell knows. */
export function isMarker(word: string): boolean {
  return word === FILES || /^:program \d+$/.test(word);
}

/** State parsed from the words before the cursor. */
interface Typed {
  command?: Command;
  /** Option whose value comes next. */
  pending?: OptionSpec | undefined;
  readonly args: string[];
  /** Number of words. */
  readonly words: number;
  /** Index of the word that is the first argument. */
  firstArg: number;
  /** Whether all further words are arguments. */
  argsOnly: boolean;
  readonly place: Place;
}

async function read(words: readonly string[], commands: readonly CommandEntry[]): Promise<Typed> {
  const typed: Typed = {
    args: [],
    words: words.length,
    firstArg: -1,
    argsOnly: false,
    place: {},
  };
  const take = (name: string, value: string) => {
    if (name === "db") typed.place.path = value;
    if (name === "artifact-dir") typed.place.artifactDir = value;
  };
  const addArgument = (word: string, at: number) => {
    if (typed.args.length === 0) typed.firstArg = at;
    typed.args.push(word);
  };
  for (const [at, word] of words.entries()) {
    const [, name, value] = /^(--[^=]+|-[^-])(?:=(.*))?$/s.exec(word) ?? [];
    if (typed.pending) {
      take(typed.pending.name, word);
      typed.pending = undefined;
    } else if (typed.argsOnly) addArgument(word, at);
    else if (word === "--") typed.argsOnly = true;
    else if (name !== undefined) {
      const spec = optionOf(name, typed.command);
      if (spec?.value === undefined) continue;
      if (value === undefined) typed.pending = spec;
      else take(spec.name, value);
    } else if (typed.command) {
      addArgument(word, at);
      typed.argsOnly = typed.command.leavesRest ?? false;
    } else {
      const command = commands.find(({ name }) => name === word);
      if (command) typed.command = await loadCommand(command);
    }
  }
  return typed;
}

async function candidates(
  current: string,
  typed: Typed,
  commands: readonly CommandEntry[],
  access: Access,
): Promise<readonly string[]> {
  const { command, args, pending, argsOnly } = typed;
  if (pending) return await optionValues(pending, typed, access);
  if (current.startsWith("-") && !argsOnly) {
    const option = optionOf(/^(--[^=]+)=/.exec(current)?.[1] ?? "", command);
    if (!option?.value) {
      return [...command?.options ?? [], ...COMMON_OPTIONS].map(({ name }) => `--${name}`);
    }
    const values = await optionValues(option, typed, access);
    return values.map((value) => value === FILES ? FILES : `--${option.name}=${value}`);
  }
  if (!command) return commands.filter(({ hidden }) => !hidden).map(({ name }) => name);
  if (command.leavesRest && command.name === "exec") {
    return [`${PROGRAM} ${args.length === 0 ? typed.words : typed.firstArg}`];
  }
  const slots = command.args.split(" ");
  const slot = slots[args.length] ?? (slots.at(-1)!.includes("...") ? slots.at(-1)! : "");
  const kind = slot.replace(/[<>[\].]/g, "");
  return await kindValues(kind === "name" ? "artifact" : kind, typed, access);
}

function optionOf(name: string, command: Command | undefined): OptionSpec | undefined {
  return [...command?.options ?? [], ...COMMON_OPTIONS]
    .find((option) => `--${option.name}` === name || `-${option.short}` === name);
}

async function optionValues(
  { choices, complete, value }: OptionSpec,
  typed: Typed,
  access: Access,
): Promise<readonly string[]> {
  return choices ?? await kindValues(complete ?? value!, typed, access);
}

async function kindValues(
  kind: string,
  { args, place }: Typed,
  access: Access,
): Promise<readonly string[]> {
  return PATHS.includes(kind) ? [FILES] : await valuesOf(kind, args, place, access);
}
