/** Puts names that other processes put too, and prints those that were its own: DB PLACE SELF COUNT. */
import { ArtifactExistsError, openStore } from "../../../mod.ts";

const [path, artifactDir, self, count] = Deno.args as [string, string, string, string];
const store = await openStore({ path, artifactDir });
for (let n = 0; n < Number(count); n++) {
  try {
    await store.artifacts.put("r", `n${n}`, `${self} has put ${n}`);
    console.log(n);
  } catch (error) {
    if (!(error instanceof ArtifactExistsError)) throw error;
  }
}
await store.close();
