import assert from "node:assert/strict";
import { inTempDir, openIn, testOnOwnFiles } from "../support/helpers.ts";

testOnOwnFiles(
  "put() with dedup: more puts at once than files that are staged at a time all end",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { durability: "relaxed" });
      await store.startRun({ id: "r" });
      await store.artifacts.put("r", "first", "the same");
      const names = Array.from({ length: 300 }, (_, at) => `copy/${at}`);
      const put = await Promise.all(
        names.map((name) => store.artifacts.put("r", name, "the same", { dedup: true })),
      );
      assert.equal(put.length, 300);
      const files = new Set(put.map(({ filePath }) => Deno.statSync(filePath!).ino));
      assert.equal(files.size, 1);
    }),
);

Deno.test("put() with dedup: bytes that take the place of others meanwhile are not shared", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir, { durability: "relaxed" });
    await store.startRun({ id: "r" });
    const size = 3_000_000;
    await store.artifacts.put("r", "checkpoint", new Uint8Array(size).fill(1));
    let round = 1;
    const replacing = (async () => {
      for (; round < 12; round++) {
        const bytes = new Uint8Array(size).fill(round % 2 + 1);
        await store.artifacts.put("r", "checkpoint", bytes, { ifExists: "replace" });
      }
    })();
    for (let copy = 0; round < 12; copy++) {
      const bytes = new Uint8Array(size).fill(1);
      const put = await store.artifacts.put("r", `copy/${copy}`, bytes, { dedup: true });
      assert.deepEqual(await put.bytes({ verify: true }), bytes);
    }
    await replacing;
    assert.equal((await store.verify().summary()).damaged, 0);
  }));
