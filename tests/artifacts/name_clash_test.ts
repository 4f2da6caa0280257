import assert from "node:assert/strict";
import { InvalidNameError, type NameRule, RunStateError } from "../../mod.ts";
import { inMemory, inTempDir, openIn, storedIn } from "../support/helpers.ts";

const CLASHES: [first: string, second: string, rule: NameRule][] = [
  ["Model.bin", "model.BIN", "clash"],
  ["caf\u00e9", "cafe\u0301", "clash"],
  ["plots/\u00c5.png", "PLOTS/a\u030a.png", "clash"],
  ["σ", "ς", "clash"],
  ["ΟΔΟΣ", "οδος", "clash"],
  ["ΟΔΟΣ", "οδοσ", "clash"],
  ["straße", "STRASSE", "clash"],
  ["ﬁt", "fit", "clash"],
  ["\u212a", "k", "clash"],
  ["a", "a/b", "file-and-directory"],
  ["a/b", "a/b/c/d", "file-and-directory"],
  ["A", "a/b", "file-and-directory"],
  ["Straße", "strasse/b", "file-and-directory"],
];

function clash(value: string, rule: NameRule): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof InvalidNameError, `${error}`);
    assert.deepEqual([error.value, error.rule], [value, rule]);
    return true;
  };
}

for (const [one, other, rule] of CLASHES) {
  for (const [first, second] of [[one, other], [other, one]] as const) {
    const names = `${JSON.stringify(second)} beside ${JSON.stringify(first)}`;
    Deno.test(`put() refuses ${names} until that is removed`, () =>
      inMemory(async (store) => {
        await store.artifacts.put("r", first, "first");
        const before = await storedIn(store);
        await assert.rejects(store.artifacts.put("r", second, "second"), clash(second, rule));
        await assert.rejects(
          store.artifacts.put("r", second, "second", { ifExists: "replace" }),
          clash(second, rule),
        );
        assert.deepEqual(await storedIn(store), before);
        assert.equal(await (await store.artifacts.get("r", first)).text(), "first");

        await store.artifacts.remove("r", first);
        await store.artifacts.put("r", second, "second");
        assert.equal(await (await store.artifacts.get("r", second)).text(), "second");
      }));
  }
}

Deno.test("put() takes names side by side that no file system takes for one", () =>
  inMemory(async (store) => {
    const names = ["a", "ab", "a.b", "b/a", "b/ab", "b.c", "c/d/e", "c/d.e", "o", "ö", "0", "ı̇x"];
    for (const name of names) await store.artifacts.put("r", name, name);
    assert.deepEqual(
      (await store.artifacts.list("r")).map(({ name }) => name).sort(),
      names.sort(),
    );
  }));

Deno.test("put() takes in one run what clashes in another", () =>
  inMemory(async (store) => {
    const other = await store.startRun();
    await store.artifacts.put("r", "Model", "1");
    await other.put("model", "2");
    assert.equal(await (await store.artifacts.get("r", "Model")).text(), "1");
  }));

Deno.test("put() of one of two clashing names, both at once, refuses the other", () =>
  inMemory(async (store) => {
    for (const [first, second, rule] of CLASHES) {
      const run = await store.startRun();
      const puts = await Promise.allSettled([run.put(first, "1"), run.put(second, "2")]);
      const failed = puts.filter((put) => put.status === "rejected");
      assert.equal(failed.length, 1);
      assert.ok(failed[0]!.reason instanceof InvalidNameError);
      assert.equal(failed[0]!.reason.rule, rule);
      const [stored] = await store.artifacts.list(run.id);
      assert.equal(await stored!.text(), stored!.name === first ? "1" : "2");
    }
  }));

Deno.test("put() knows the names that another opening of the store has put or removed", () =>
  inTempDir(async (dir) => {
    await using one = await openIn(dir);
    await using other = await openIn(dir);
    await one.startRun({ id: "r" });
    await one.artifacts.put("r", "a", "1");
    await other.artifacts.put("r", "Model", "2");
    await assert.rejects(one.artifacts.put("r", "model", "3"), clash("model", "clash"));
    await other.artifacts.remove("r", "Model");
    await one.artifacts.put("r", "model", "3");
    await assert.rejects(other.artifacts.put("r", "MODEL", "4"), clash("MODEL", "clash"));
  }));

Deno.test("put() does not hold the names of a removed run against a new one of its id", () =>
  inMemory(async (store) => {
    await store.artifacts.put("r", "Model", "1");
    await store.runs.remove("r");
    await store.startRun({ id: "r" });
    await store.artifacts.put("r", "model", "2");
    assert.equal(await (await store.artifacts.get("r", "model")).text(), "2");
  }));

const ALIKE: [string, string][] = [
  ["Baseline", "baseline"],
  ["caf\u00e9", "cafe\u0301"],
  ["Ärger", "ÄRGER"],
  ["straße", "STRASSE"],
  ["\u212a1", "k1"],
];

for (const [one, other] of ALIKE) {
  for (const [first, second] of [[one, other], [other, one]] as const) {
    const ids = `${JSON.stringify(second)} beside ${JSON.stringify(first)}`;
    Deno.test(`startRun() refuses the id ${ids} until that is removed`, () =>
      inMemory(async (store) => {
        await store.startRun({ id: first });
        await assert.rejects(store.startRun({ id: second }), RunStateError);
        await store.runs.remove(first);
        await store.startRun({ id: second });
      }));
  }
}
