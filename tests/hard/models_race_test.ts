import assert from "node:assert/strict";
import { openStore } from "../../mod.ts";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn, testEachDriver } from "../support/helpers.ts";

Deno.test("eight processes register and promote one model: one is in production, always", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const run = await store.startRun({ id: "r" });
    await run.put("first", "first");
    await run.registerModel("net", { artifact: "first", stage: "production" });
    const count = 10;
    const processes = Array.from(
      { length: 8 },
      (_, who) => child("model_child.ts", [store.path!, String(who), String(count)]).output(),
    );
    let over = false;
    const reading = (async () => {
      await using reader = await openIn(dir, { readOnly: true });
      let seen = 0;
      while (!over) {
        const { production, versions } = (await reader.models.list())[0]!;
        assert.notEqual(production, null);
        assert.ok(versions >= seen, `${versions} after ${seen}`);
        seen = versions;
        await (await reader.models.load("net")).text({ verify: true });
      }
    })().then(() => undefined, (error) => error);
    const outputs = await Promise.all(processes).finally(() => over = true);
    assert.ifError(await reading);
    const decoder = new TextDecoder();
    for (const { success, stderr } of outputs) assert.ok(success, decoder.decode(stderr));
    const given: number[][] = outputs.map(({ stdout }) => JSON.parse(decoder.decode(stdout)));
    const versions = await store.models.versions("net");
    assert.deepEqual(
      [1, ...given.flat()].sort((a, b) => a - b),
      Array.from({ length: 8 * count + 1 }, (_, at) => at + 1),
    );
    assert.deepEqual(versions.map(({ version }) => version), versions.map((_, at) => at + 1));
    assert.equal(versions.filter(({ stage }) => stage === "production").length, 1);
    for (const [who, numbers] of given.entries()) {
      for (const [at, version] of numbers.entries()) {
        const artifact = await store.models.load("net", { version });
        assert.equal(await artifact.text({ verify: true }), `${who} ${at}`);
      }
    }
  });
});

testEachDriver("versions registered at once in one process have no gap", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  const run = await store.startRun();
  await run.put("a", "a");
  const outcomes = await Promise.allSettled(
    Array.from({ length: 60 }, (_, at) =>
      run.registerModel("net", {
        // One that fails must not use up a number, nor take others of its transaction with it.
        artifact: at % 5 === 4 ? "missing" : "a",
        stage: "production",
      })),
  );
  const given = outcomes.flatMap((outcome) =>
    outcome.status === "fulfilled" ? [outcome.value.version] : []
  );
  const expected = Array.from({ length: 48 }, (_, at) => at + 1);
  assert.deepEqual(given.sort((a, b) => a - b), expected);
  const { production, versions } = await store.models.get("net");
  assert.deepEqual([production, versions], [48, 48]);
});
