/** What could stand where the cursor is. */
import type { Store } from "../store/store.ts";
import { RUN_WORDS } from "./run_ref.ts";
import { type CommandSpec, COMMON_OPTIONS, type OptionSpec } from "./command.ts";

/** Stands for the names of files, which shells know better. */
export const FILES = ":files";

/** What is needed of the store. */
export interface Access {
  /** Opens the store, if there is one; told where it is as far as the words say so. */
  readonly open: (place: { path?: string; artifactDir?: string }) => Promise<Store>;
  /** The id of a run that is named in one of the ways of people. */
  readonly runId: (store: Store, ref: string) => Promise<string>;
}

/** Values that are known, by what stands for them in the help. */
const KNOWN: Record<string, readonly string[]> = {
  status: ["running", "completed", "failed"],
  stage: ["none", "staging", "production", "archived"],
  what: ["error", "same", "replace"],
  shell: ["bash", "zsh", "fish"],
};

/** What the names of files stand for in the help. */
const PATHS = [
  "path",
  "source",
  "directory",
  "backup",
  "archive",
  "file",
  "destination",
  "glob",
  "command",
  "argument",
];

/** Runs offered: a list that is longer is of no help. */
const MANY = 200;

/**
 * The words that could stand in the place of the last one.
 *
 * @param words The words typed, without the program's name; the last one may be unfinished, or empty.
 * @param verbs The verbs.
 * @param access How to get at the store.
 */
export async function complete(
  words: readonly string[],
  verbs: readonly CommandSpec[],
  access: Access,
): Promise<readonly string[]> {
  const current = words.at(-1) ?? "";
  const typed = read(words.slice(0, -1), verbs);
  const found = await candidates(current, typed, verbs, access);
  return found.filter((word) => word === FILES || word.startsWith(current));
}

/** What the words before the cursor say. */
interface Typed {
  verb?: CommandSpec;
  /** The option whose value comes next. */
  pending?: OptionSpec | undefined;
  readonly args: string[];
  /** Whether all that comes is an argument. */
  argsOnly: boolean;
  readonly place: { path?: string; artifactDir?: string };
}

function read(words: readonly string[], verbs: readonly CommandSpec[]): Typed {
  const typed: Typed = { args: [], argsOnly: false, place: {} };
  const take = (name: string, value: string) => {
    if (name === "db") typed.place.path = value;
    if (name === "artifact-dir") typed.place.artifactDir = value;
  };
  for (const word of words) {
    const [, name, value] = /^(--[^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (typed.pending) {
      take(typed.pending.name, word);
      typed.pending = undefined;
    } else if (typed.argsOnly) typed.args.push(word);
    else if (word === "--") typed.argsOnly = true;
    else if (name !== undefined) {
      const spec = optionOf(name, typed.verb);
      if (spec?.value === undefined) continue;
      if (value === undefined) typed.pending = spec;
      else take(spec.name, value);
    } else if (typed.verb) {
      typed.args.push(word);
      typed.argsOnly = typed.verb.leavesRest ?? false;
    } else {
      const verb = verbs.find(({ name }) => name === word);
      if (verb) typed.verb = verb;
    }
  }
  return typed;
}

async function candidates(
  current: string,
  typed: Typed,
  verbs: readonly CommandSpec[],
  access: Access,
): Promise<readonly string[]> {
  const { verb, args, pending, argsOnly } = typed;
  if (pending) return await valuesOf(kindOf(pending), typed, access);
  if (current.startsWith("-") && !argsOnly) {
    const option = optionOf(/^(--[^=]+)=/.exec(current)?.[1] ?? "", verb);
    if (!option?.value) {
      return [...verb?.options ?? [], ...COMMON_OPTIONS].map(({ name }) => `--${name}`);
    }
    const values = await valuesOf(kindOf(option), typed, access);
    return values.map((value) => value === FILES ? FILES : `--${option.name}=${value}`);
  }
  if (!verb) return verbs.filter(({ hidden }) => !hidden).map(({ name }) => name);
  const slots = verb.args.split(" ");
  const slot = slots[args.length] ?? (slots.at(-1)!.includes("...") ? slots.at(-1)! : "");
  const kind = slot.replace(/[<>[\].]/g, "");
  return await valuesOf(kind === "name" ? "artifact" : kind, typed, access);
}

function optionOf(name: string, verb: CommandSpec | undefined): OptionSpec | undefined {
  return [...verb?.options ?? [], ...COMMON_OPTIONS].find((option) => `--${option.name}` === name);
}

/** What an option takes; of names, only its own name tells which. */
function kindOf({ name, value }: OptionSpec): string {
  return name === "experiment" ? name : value!;
}

async function valuesOf(
  kind: string,
  { args, place }: Typed,
  { open, runId }: Access,
): Promise<readonly string[]> {
  if (KNOWN[kind]) return KNOWN[kind];
  if (PATHS.includes(kind)) return [FILES];
  try {
    switch (kind) {
      case "run": {
        const runs = await (await open(place)).runs.list({ limit: MANY });
        return [...runs.map(({ id }) => id), ...RUN_WORDS];
      }
      case "artifact": {
        const store = await open(place);
        return (await store.artifacts.list(await runId(store, args.at(-1)!))).map(({ name }) =>
          name
        );
      }
      case "experiment":
        return (await (await open(place)).experiments.list()).map(({ name }) => name);
      case "model":
        return (await (await open(place)).models.list()).map(({ name }) => name);
      case "version": {
        const versions = await (await open(place)).models.versions(args.at(-1)!);
        return versions.map(({ version }) => String(version));
      }
    }
  } catch {
    // Without a store there is nothing to offer.
  }
  return [];
}
