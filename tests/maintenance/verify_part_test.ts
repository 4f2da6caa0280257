import assert from "node:assert/strict";
import { InvalidOptionError, type Store, type VerifyPosition } from "../../mod.ts";
import { inTempDir, openIn, testOnOwnFiles, writeStored } from "../support/helpers.ts";

/** Gives a test a store with 200 artifacts in 4 runs. */
function withMany(work: (store: Store, dir: string) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    await using store = await openIn(dir, { durability: "relaxed" });
    for (const id of ["a", "b", "c", "d"]) {
      await store.startRun({ id });
      const names = Array.from({ length: 50 }, (_, at) => String(at).padStart(2, "0"));
      await Promise.all(names.map((name) => store.artifacts.put(id, name, `${id} ${name}`)));
    }
    await work(store, dir);
  });
}

Deno.test("verify() with a sample reads a part, and checks the size of all", () =>
  withMany(async (store) => {
    const { artifacts, hashed, damaged } = await store.verify({ sample: 0.2 }).summary();
    assert.deepEqual([artifacts, damaged], [200, 0]);
    assert.ok(hashed > 5 && hashed < 120, `${hashed}`);
    await writeStored(store, "c/07", "longer than before");
    const findings = await Array.fromAsync(store.verify({ sample: 1e-9 }));
    assert.deepEqual(findings.map(({ kind }) => kind), ["wrong-size"]);
    for (const sample of [0, -1, 1.5, NaN, "5%" as unknown as number]) {
      await assert.rejects(store.verify({ sample }).summary(), InvalidOptionError);
    }
  }));

testOnOwnFiles(
  "verify() continues from the position where another one was stopped",
  () =>
    withMany(async (store) => {
      let after: VerifyPosition | undefined;
      const seen: number[] = [];
      for (let tries = 0; tries < 20; tries++) {
        const stop = new AbortController();
        const verification = store.verify({
          signal: stop.signal,
          ...(after && { after }),
          onProgress: () => {
            // A part of what is left each time.
            if (verification.position?.name.endsWith("9")) stop.abort(new Error("enough"));
          },
        });
        const summary = await verification.summary().catch((error) => {
          assert.match(String(error), /enough/);
          return undefined;
        });
        const position: VerifyPosition | undefined = verification.position;
        assert.ok(position);
        assert.ok(!after || [after, position].every((place) => place) && isBehind(position, after));
        after = position;
        if (summary) {
          seen.push(summary.artifacts);
          break;
        }
      }
      assert.deepEqual(after, { runId: "d", name: "49" });
      assert.ok(seen[0]! < 200);
      // Behind the last there is nothing to check.
      assert.equal((await store.verify({ after: after! }).summary()).artifacts, 0);
    }),
);

/** Whether a position is that of a later artifact than another, or of the same. */
function isBehind(one: VerifyPosition, other: VerifyPosition): boolean {
  return `${one.runId} ${one.name}` >= `${other.runId} ${other.name}`;
}
