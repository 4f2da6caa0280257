/** Does one piece of work on a store, and says so once it has been acknowledged: DB PLACE WORK DIR. */
import { openStore } from "../../../mod.ts";
import { doWork, type Work } from "../s3_work.ts";

const [path, artifactDir, work, dir] = Deno.args as [string, string, Work, string];
const store = await openStore({ path, artifactDir });
await doWork(store, work, dir);
console.log("acknowledged");
await store.close();
