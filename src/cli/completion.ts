/** What could stand where the cursor is. */
import type { Store } from "../store.ts";
import { RUN_WORDS } from "./run_ref.ts";
import { COMMON_OPTIONS, type OptionSpec, type Verb } from "./verb.ts";

/** Stands for the names of files, which shells know better. */
export const FILES = ":files";

/** Values that are known, by what stands for them in the help. */
const KNOWN: Record<string, readonly string[]> = {
  status: ["running", "completed", "failed"],
  stage: ["none", "staging", "production", "archived"],
  what: ["error", "same", "replace"],
  shell: ["bash", "zsh", "fish"],
};

/** Runs offered: a list that is longer is of no help. */
const MANY = 200;

/**
 * The words that could stand in the place of the last one.
 *
 * @param words The words typed, without the program's name; the last one may be unfinished, or empty.
 * @param verbs The verbs.
 * @param open Opens the store, if there is one.
 */
export async function complete(
  words: readonly string[],
  verbs: readonly Verb[],
  open: () => Promise<Store>,
): Promise<readonly string[]> {
  const current = words.at(-1) ?? "";
  const { verb, args, pending } = read(words.slice(0, -1), verbs);
  const candidates = async () => {
    if (pending) return await valuesOf(pending.value!, args, open);
    if (current.startsWith("-")) {
      return [...verb?.options ?? [], ...COMMON_OPTIONS].map(({ name }) => `--${name}`);
    }
    if (!verb) return verbs.filter(({ hidden }) => !hidden).map(({ name }) => name);
    const slots = verb.args.split(" ");
    const slot = slots[args.length] ?? (slots.at(-1)!.includes("...") ? slots.at(-1)! : "");
    return await valuesOf(slot.replace(/[<>[\].]/g, ""), args, open);
  };
  return (await candidates()).filter((word) => word === FILES || word.startsWith(current));
}

/** What the words before the cursor say. */
function read(words: readonly string[], verbs: readonly Verb[]) {
  let verb: Verb | undefined;
  let pending: OptionSpec | undefined;
  const args: string[] = [];
  for (const word of words) {
    if (pending) pending = undefined;
    else if (word.startsWith("--")) {
      const spec = [...verb?.options ?? [], ...COMMON_OPTIONS]
        .find(({ name }) => `--${name}` === word);
      if (spec?.value !== undefined) pending = spec;
    } else if (verb) args.push(word);
    else verb = verbs.find(({ name }) => name === word);
  }
  return { verb, args, pending };
}

async function valuesOf(
  what: string,
  args: readonly string[],
  open: () => Promise<Store>,
): Promise<readonly string[]> {
  if (KNOWN[what]) return KNOWN[what];
  try {
    if (what === "run") {
      const runs = await (await open()).listRuns({ limit: MANY });
      return [...runs.map(({ id }) => id), ...RUN_WORDS];
    }
    if (what === "name" || what === "artifact") {
      const store = await open();
      const run = args.at(-1) === undefined ? [] : await store.listRuns({ idPrefix: args.at(-1)! });
      const last = args.at(-1) === "@last" ? await store.listRuns({ limit: 1 }) : run;
      return last.length === 1 ? (await store.list(last[0]!.id)).map(({ name }) => name) : [];
    }
    if (what === "experiment") {
      return (await (await open()).experiments()).map(({ name }) => name);
    }
    if (what === "model") return (await (await open()).models.list()).map(({ name }) => name);
  } catch {
    return []; // Without a store there is nothing to offer.
  }
  return [
      "path",
      "source",
      "directory",
      "backup",
      "archive",
      "file",
      "destination",
      "glob",
      "command",
    ]
      .includes(what)
    ? [FILES]
    : [];
}
