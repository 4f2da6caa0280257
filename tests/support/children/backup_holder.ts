/** Opens a store, writes to it, says so, and has it open until it is killed: `backup_holder.ts PATH`. */
import { openStore } from "@chachaml/store";

const store = await openStore({ path: Deno.args[0]!, driver: "builtin" });
await store.startRun({ id: "of the holder" });
console.log("open");
setInterval(() => {}, 60_000);
