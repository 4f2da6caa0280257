/** Lists the runs of a store, and how much memory that took. */
import { openStore } from "../../../mod.ts";

await using store = await openStore({ path: Deno.args[0]!, readOnly: true, driver: "builtin" });
const ids = (await store.runs.list()).map(({ id }) => id);
console.log(JSON.stringify([ids, Deno.memoryUsage().rss]));
