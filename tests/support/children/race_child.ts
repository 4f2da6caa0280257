/**
 * One of many processes at work on one store: `race_child.ts PATH WHO COUNT`. Puts names of its own,
 * contends for names that all of them put, replaces one that all replace, and reads meanwhile.
 * Prints what it was told is stored, as JSON.
 */
import { ArtifactExistsError, openStore } from "@chachaml/store";

const [path, who, count] = Deno.args as [string, string, string];
await using store = await openStore({ path, driver: "builtin", durability: "relaxed" });
const won: string[] = [];
const own: string[] = [];

await Promise.all(
  Array.from({ length: Number(count) }, async (_, at) => {
    own.push((await store.artifacts.put("run", `own/${who}-${at}`, `${who} ${at}`)).name);
    try {
      won.push((await store.artifacts.put("run", `shared/${at}`, `${who} won ${at}`)).name);
    } catch (error) {
      if (!(error instanceof ArtifactExistsError)) throw error;
    }
    if (at % 5 === 0) {
      await store.artifacts.put("run", "latest", `${who} ${at} `.repeat(at + 1), {
        ifExists: "replace",
      });
      await (await store.artifacts.get("run", "latest")).bytes({ verify: true });
    }
    if (at % 7 === 0) {
      const name = `fleeting/${who}-${at}`;
      await store.artifacts.put("run", name, who);
      await store.artifacts.remove("run", name);
    }
  }),
);
console.log(JSON.stringify({ own, won }));
