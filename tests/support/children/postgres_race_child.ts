/** Puts names that other processes put too; prints those that it was first with, with their text. */
import { ArtifactExistsError, openStore } from "../../../mod.ts";

await using store = await openStore({ poolSize: 4 });
const count = Number(Deno.env.get("RACE_PUTS"));
const won: Record<string, string> = {};
const names = Array.from({ length: count }, (_, at) => `d${at % 7}/n${at}`);
let next = 0;
await Promise.all(Array.from({ length: 4 }, async () => {
  while (next < names.length) {
    const name = names[next++]!;
    const text = crypto.randomUUID();
    try {
      await store.artifacts.put("r", name, text);
      won[name] = text;
    } catch (error) {
      if (!(error instanceof ArtifactExistsError)) throw error;
    }
  }
}));
console.log(JSON.stringify(won));
