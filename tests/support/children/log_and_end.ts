/** Logs to the run `r`, and ends without closing the store: `log_and_end.ts PATH`. */
import { openStore } from "@chachaml/store";

const store = await openStore({ path: Deno.args[0]!, driver: "builtin" });
const run = await store.run("r");
for (let step = 0; step < 10; step++) run.log({ loss: step }, { step });
