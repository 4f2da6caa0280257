/** Starts a run in a store in memory, in the folder DIR, and prints where: `start_run.ts DIR`. */
import { openStore } from "@chachaml/store";

Deno.chdir(Deno.args[0]!);
await using store = await openStore({ inMemory: true, driver: "builtin" });
const { info } = await store.startRun();
console.log(JSON.stringify(info.environment));
