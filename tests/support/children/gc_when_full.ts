/**
 * Fills the disk that `gc_when_full.ts DIR` lies on, then has a store there collect an orphan and put
 * once more. Prints the paths that were removed, as JSON.
 */
import { join } from "@std/path";
import { openStore } from "@chachaml/store";
import { fillDisk } from "../fill_disk.ts";

const [dir] = Deno.args as [string];
const open = () => openStore({ path: join(dir, "t.db"), driver: "builtin" });

{
  await using store = await open();
  await store.startRun({ id: "r" });
  await store.artifacts.put("r", "a", "kept");
  Deno.writeFileSync(join(store.artifactDir!, "r/orphan"), new Uint8Array(2_000_000));
}
fillDisk(join(dir, "ballast"));
const removed: string[] = [];
{
  await using store = await open();
  removed.push(...(await store.gc({ grace: 0 })).removed.map(({ path }) => path));
}
await using store = await open();
await store.artifacts.put("r", "b", "there is room again");
const { damaged, leftovers } = await store.verify().summary();
console.log(JSON.stringify({ removed, damaged, leftovers }));
