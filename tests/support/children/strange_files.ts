/** Does one thing with a store that has a strange file in it: `strange_files.ts DIR WHAT`. */
import { join } from "@std/path";
import { ChachamlError, openStore } from "@chachaml/store";
import { diagnose } from "../../../src/maintenance/doctor.ts";

const [dir, what] = Deno.args as [string, string];
const path = join(dir, "t.db");

const ACTIONS: Record<string, () => Promise<unknown>> = {
  write: async () => {
    await using store = await openStore({ path, driver: "builtin", busyTimeout: 2000 });
    await store.artifacts.put("run", "new/one", "new");
    await store.artifacts.put("run", "kept", "replaced", { ifExists: "replace" });
    await store.dedup();
    await store.gc({ grace: 0 });
  },
  read: async () => {
    await using store = await openStore({ path, driver: "builtin", readOnly: true });
    for (const artifact of await store.artifacts.find({})) await artifact.bytes({ verify: true });
    await store.verify().summary();
    await store.info();
  },
  doctor: () => Array.fromAsync(diagnose({ path, driver: "builtin" })),
  backup: async () => {
    await using store = await openStore({ path, driver: "builtin", busyTimeout: 2000 });
    await store.backup(join(dir, "backup"));
  },
  import: async () => {
    await using store = await openStore({ path, driver: "builtin", busyTimeout: 2000 });
    const archive = await Deno.open("/dev/zero");
    await store.import(archive.readable);
  },
};

try {
  await ACTIONS[what]!();
  console.log("done");
} catch (error) {
  console.log(error instanceof ChachamlError ? "refused" : `FOREIGN ${error}`);
}
