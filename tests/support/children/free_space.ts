/**
 * Frees space in the full store of a directory by one command of the command line each: `free_space.ts
 * DIR FULL`, where FULL is `blocks`, `inodes`
 * or `kept full`. Prints the exit code and the words of each, and what the store is like afterwards, as JSON.
 */
import { join } from "@std/path";
import { openStore } from "@chachaml/store";
import { chachaml } from "../cli_helpers.ts";
import { fillDisk } from "../fill_disk.ts";

const COMMANDS: readonly (readonly string[])[] = [
  ["end", "living"],
  ["rm", "a", "large"],
  ["gc", "--grace", "0"],
  ["rm", "b", "--yes"],
  ["prune", "--experiment", "old", "--keep-last", "1", "--yes"],
  ["end", "--dead"],
];

/** A run whose rows do not fit into the reserve. */
const MANY = ["rm", "many", "--yes"];

const [dir, full] = Deno.args as [string, string];

function useInodes(): void {
  const directory = join(dir, "files");
  Deno.mkdirSync(directory, { recursive: true });
  try {
    for (;;) Deno.writeTextFileSync(join(directory, crypto.randomUUID()), "");
  } catch {
    // None is left.
  }
}

const outcomes: Record<string, string> = {};
for (const args of full === "kept full" ? COMMANDS : [...COMMANDS, MANY]) {
  // Each finds the disk full once more.
  if (full === "inodes") useInodes();
  else fillDisk(join(dir, "ballast"));
  const { code, err } = await chachaml(dir, args);
  outcomes[args.join(" ")] = code === 0 ? "done" : `${code}: ${err}`;
}
await using store = await openStore({
  path: join(dir, "cli.db"),
  driver: "builtin",
  readOnly: true,
});
const runs = await store.runs.list();
const { damaged, leftovers } = await store.verify().summary();
console.log(JSON.stringify({
  outcomes,
  runs: Object.fromEntries(runs.map(({ id, status }) => [id, status])),
  damaged,
  leftovers,
}));
