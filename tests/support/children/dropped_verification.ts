/** Takes one finding of a verification that has workers, and closes the store. Argument: a directory. */
import { openStore } from "../../../mod.ts";

const store = await openStore({
  path: `${Deno.args[0]}/t.db`,
  driver: "builtin",
  durability: "relaxed",
});
await store.startRun({ id: "r" });
const filePath = (await store.artifacts.put("r", "missing", "x")).filePath!;
await store.artifacts.put("r", "large", new Uint8Array(80 * 1024 * 1024));
Deno.removeSync(filePath);
await store.verify()[Symbol.asyncIterator]().next();
await store.close();
// A worker that is left would keep it running; the timer alone does not.
Deno.unrefTimer(setTimeout(() => Deno.exit(1), 20_000));
