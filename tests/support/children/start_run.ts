/**
 * Starts a run in a store in memory, in the directory DIR, and prints where; with `diff`, what has
 * changed there since the commit: `start_run.ts DIR [diff]`.
 */
import { openStore } from "@chachaml/store";

const [dir, diff] = Deno.args;
Deno.chdir(dir!);
await using store = await openStore({ inMemory: true, driver: "builtin" });
const run = await store.startRun({ diff: diff !== undefined });
console.log(
  diff === undefined
    ? JSON.stringify(run.info.environment)
    : await (await run.get("git.diff")).text(),
);
