import assert from "node:assert/strict";
import { openStore } from "../../mod.ts";
import { tarArtifacts } from "../../src/archive/tar_artifacts.ts";

Deno.test("a tar of artifacts asks for the next one when the former ones have been read", async () => {
  await using store = await openStore({ inMemory: true, driver: "builtin" });
  const { id } = await store.startRun();
  const artifact = await store.artifacts.put(id, "a", new Uint8Array(100_000));
  let asked = 0;
  const endless = async function* () {
    for (;; asked++) yield await Promise.resolve(artifact);
  };
  const tar = tarArtifacts(endless());
  for (let chunks = 0; chunks < 5; chunks++) await tar.next();
  assert.ok(asked < 10, `${asked} artifacts`);
  await tar.return(undefined);
});
