/** Many processes on one store. */
import assert from "node:assert/strict";
import { fromFileUrl } from "@std/path";
import { openStore } from "../../../mod.ts";
import { childFlags, inTempDir } from "../../support/helpers.ts";
import { testWithPostgres } from "../../support/postgres.ts";

const CHILD = fromFileUrl(
  new URL("../../support/children/postgres_race_child.ts", import.meta.url),
);

/** Runs the child several times at once; gives what each has printed. */
async function together(count: number, env: Record<string, string>): Promise<string[]> {
  return await Promise.all(Array.from({ length: count }, async () => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ...childFlags(), CHILD],
      env,
      stdin: "null",
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim();
  }));
}

testWithPostgres((test) => {
  test("eight processes that put racing names store each once, and whole", (server) =>
    inTempDir(async (dir) => {
      const path = server.newSchema();
      await using store = await openStore({ path, artifactDir: dir });
      await store.startRun({ id: "r" });
      const env = { CHACHAML_DB: path, CHACHAML_ARTIFACT_DIR: dir, RACE_PUTS: "200" };
      const printed = await together(8, env);
      const won = printed.map((text) => JSON.parse(text) as Record<string, string>);
      const names = won.flatMap((own) => Object.keys(own));
      assert.equal(new Set(names).size, names.length, "a name was given to two");
      assert.equal(names.length, 200);
      for (const [name, text] of won.flatMap((own) => Object.entries(own))) {
        assert.equal(await (await store.artifacts.get("r", name)).text({ verify: true }), text);
      }
      const { damaged, leftovers } = await store.verify().summary();
      assert.deepEqual([damaged, leftovers], [0, 0]);
      console.log("8 processes: 1600 puts of 200 names, each stored once");
    }));

  test("twelve registrations at once get twelve numbers, and one is in production", (server) =>
    inTempDir(async (dir) => {
      const path = server.newSchema();
      const stores = await Promise.all(
        Array.from({ length: 4 }, () => openStore({ path, artifactDir: dir })),
      );
      const [store] = stores;
      await store!.startRun({ id: "r" });
      await store!.artifacts.put("r", "model", "m");
      const versions = await Promise.all(
        Array.from({ length: 12 }, (_, at) =>
          stores[at % 4]!.models.register("net", {
            runId: "r",
            artifact: "model",
            stage: "production",
          })),
      );
      assert.deepEqual(
        versions.map(({ version }) => version).sort((a, b) => a - b),
        Array.from({ length: 12 }, (_, at) => at + 1),
      );
      await Promise.all(
        versions.map(({ version }, at) => stores[at % 4]!.models.promote("net", version)),
      );
      const stages = (await store!.models.versions("net")).map(({ stage }) => stage);
      assert.equal(stages.filter((stage) => stage === "production").length, 1);
      assert.equal(stages.filter((stage) => stage === "archived").length, 11);
      for (const each of stores) await each.close();
    }));
});
