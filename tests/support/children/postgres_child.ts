/** Puts, replaces and removes artifacts of the run `r`; prints the names of those that it has put. */
import { openStore } from "../../../mod.ts";

await using store = await openStore({ poolSize: 2 });
for (let at = 0; at < 3; at++) {
  const name = crypto.randomUUID();
  const { id } = await store.artifacts.put("r", `removed ${name}`, name);
  await store.artifacts.put("r", "changing", name, { ifExists: "replace" });
  await store.artifacts.remove(id);
  await store.artifacts.put("r", name, name);
  console.log(name);
}
