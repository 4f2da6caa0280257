/** Puts one artifact into a store that a group shares. */
import { openStore } from "../../../mod.ts";

Deno.umask(0o002);
const [path, name] = Deno.args;
await using store = await openStore({ path: path!, driver: "builtin" });
const run = await store.startRun({ environment: false });
await run.put(`${name}/${run.id}`, "text");
