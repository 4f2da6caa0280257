/**
 * Puts, replaces and removes artifacts of the run `run` until the file STOP is there:
 * `backup_writer.ts PATH WHO STOP`. Prints how often it has gone round.
 */
import { openStore } from "@chachaml/store";

const [path, who, stop] = Deno.args as [string, string, string];
await using store = await openStore({ path, driver: "builtin", durability: "relaxed" });

const isThere = () => Deno.lstat(stop).then(() => true, () => false);
let round = 0;
for (; !await isThere(); round++) {
  // Names that are a file in one round, and a directory in the next.
  const name = `${who}/${round % 7}`;
  const nested = round % 2 === 0 ? name : `${name}/deep`;
  for (const { id } of await store.artifacts.find({ name: `${name}*` })) {
    await store.artifacts.remove(id);
  }
  await store.artifacts.put("run", nested, `${who} ${round} `.repeat(round % 50 + 1));
  await store.artifacts.put("run", "shared", `${who} ${round}`, { ifExists: "replace" });
  if (round % 10 === 0) {
    const large = `${who} ${round} `.repeat(150_000);
    await store.artifacts.put("run", `${who}/large`, large, { ifExists: "replace" });
  }
}
console.log(round);
