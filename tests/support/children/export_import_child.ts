/** Imports an archive into a store: `export_import_child.ts PATH ARCHIVE`. Prints its report. */
import { openStore } from "@chachaml/store";

await using store = await openStore({ path: Deno.args[0]!, driver: "builtin" });
console.log(JSON.stringify(await store.import((await Deno.open(Deno.args[1]!)).readable)));
