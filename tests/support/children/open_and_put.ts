/** Opens the store at a path, new or not, and puts one artifact: `open_and_put.ts PATH RUN`. */
import { openStore } from "@chachaml/store";

const [path, id] = Deno.args as [string, string];
await using store = await openStore({ path, driver: "builtin" });
const run = await store.startRun({ id });
await run.put("a", `of ${id}`);
