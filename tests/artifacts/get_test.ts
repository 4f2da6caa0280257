import assert from "node:assert/strict";
import { join } from "@std/path";
import { type Artifact, ArtifactNotFoundError, RunNotFoundError } from "../../mod.ts";
import { inMemory, sha256, storedIn } from "../support/helpers.ts";

const names = (artifacts: Artifact[]) => artifacts.map(({ name }) => name);

Deno.test("get() finds an artifact by id, and by run and name", () =>
  inMemory(async (store) => {
    const stored = await store.artifacts.put("r", "plots/roc.svg", "<svg/>");
    const other = await store.startRun();
    await other.put("plots/roc.svg", "another");
    for (
      const found of [
        await store.artifacts.get(stored.id),
        await store.artifacts.get("r", "plots/roc.svg"),
      ]
    ) {
      assert.deepEqual(found.toJSON(), stored.toJSON());
      assert.equal(found.contentType, "image/svg+xml");
      assert.equal(found.path, "r/plots/roc.svg");
      const { artifactDir } = store;
      assert.equal(found.filePath, artifactDir && join(artifactDir, "r", "plots", "roc.svg"));
      assert.equal(await found.text(), "<svg/>");
    }
  }));

Deno.test("get() and remove() refuse what is not in the store, and say what was asked for", () =>
  inMemory(async (store) => {
    const { id } = await store.artifacts.put("r", "a", "1");
    const asked: [string, string?][] = [
      ["unknown"],
      [""],
      ["r"],
      ["r", "b"],
      ["r", "A"],
      ["r", ""],
      ["r", "../r/a"],
      ["unknown", "a"],
      [id, "a"],
      ["a"],
    ];
    for (const [first, name] of asked) {
      for (const call of ["get", "remove"] as const) {
        const done = name === undefined
          ? store.artifacts[call](first)
          : store.artifacts[call](first, name);
        await assert.rejects(done, (error) => {
          assert.ok(error instanceof ArtifactNotFoundError);
          const { id, runId, artifactName } = error;
          const expected = name === undefined
            ? [first, undefined, undefined]
            : [undefined, first, name];
          assert.deepEqual([id, runId, artifactName], expected);
          return true;
        });
      }
      assert.equal(
        await (name === undefined ? store.artifacts.has(first) : store.artifacts.has(first, name)),
        false,
      );
    }
    assert.equal(await (await store.artifacts.get(id)).text(), "1");
  }));

Deno.test("has() tells whether there is an artifact, until it is removed", () =>
  inMemory(async (store) => {
    const { id } = await store.artifacts.put("r", "a", "1");
    assert.equal(await store.artifacts.has(id), true);
    assert.equal(await store.artifacts.has("r", "a"), true);
    await store.artifacts.remove("r", "a");
    assert.equal(await store.artifacts.has(id), false);
    assert.equal(await store.artifacts.has("r", "a"), false);
  }));

Deno.test("remove() takes row, bytes and empty directories, by id or name, and nothing else", () =>
  inMemory(async (store) => {
    const one = await store.artifacts.put("r", "a/b/one", "1");
    const two = await store.artifacts.put("r", "a/two", "2");
    await store.artifacts.remove(one.id);
    assert.ok(!(await storedIn(store)).includes("r/a/b"));
    await assert.rejects(one.text(), ArtifactNotFoundError);
    assert.equal(await two.text({ verify: true }), "2");
    await store.artifacts.remove("r", "a/two");
    assert.deepEqual(await storedIn(store), []);
    assert.deepEqual(await store.artifacts.list("r"), []);
    await store.artifacts.put("r", "a", "a file where a directory was");
  }));

Deno.test("list() and find() give artifacts by creation time, then by name", async () => {
  const { now } = Date;
  let time = 0;
  Date.now = () => time;
  try {
    await inMemory(async (store) => {
      const puts = [[2000, "c"], [2000, "b"], [1000, "z"], [3000, "a"], [2000, "é"]] as const;
      for (const [at, name] of puts) {
        time = at;
        await store.artifacts.put("r", `${name}/${name}`, name);
      }
      const run = await store.startRun();
      time = 4000;
      await run.put("y", "of another run");
      const ofRun = ["z/z", "b/b", "c/c", "é/é", "a/a"];
      assert.deepEqual(names(await store.artifacts.list("r")), ofRun);
      assert.deepEqual(names(await store.artifacts.find({})), [...ofRun, "y"]);
      const times = (await store.artifacts.list("r")).map(({ createdAt }) => createdAt.getTime());
      assert.deepEqual(times, [1000, 2000, 2000, 2000, 3000]);
    });
  } finally {
    Date.now = now;
  }
});

Deno.test("list() gives nothing for a run without artifacts, and refuses an unknown run", () =>
  inMemory(async (store) => {
    assert.deepEqual(await store.artifacts.list("r"), []);
    await assert.rejects(store.artifacts.list("unknown"), RunNotFoundError);
  }));

Deno.test("find() takes * and ? in a name, and every other character for itself", () =>
  inMemory(async (store) => {
    const all = ["a.csv", "b.csv", "data/c.csv", "data/[1].bin", "data/1.bin", "日.csv"];
    for (const name of all) await store.artifacts.put("r", name, name);
    const found = async (name: string) => names(await store.artifacts.find({ name })).sort();
    const cases: Record<string, string[]> = {
      "a.csv": ["a.csv"],
      "*.csv": ["a.csv", "b.csv", "data/c.csv", "日.csv"],
      "?.csv": ["a.csv", "b.csv", "日.csv"],
      "data/*": ["data/1.bin", "data/[1].bin", "data/c.csv"],
      "data/[1].bin": ["data/[1].bin"],
      "*[*": ["data/[1].bin"],
      "*]*": ["data/[1].bin"],
      "[a-z].csv": [],
      "[^b].csv": [],
      "A.CSV": [],
      "%": [],
      "_.csv": [],
      "": [],
      "*": ["a.csv", "b.csv", "data/1.bin", "data/[1].bin", "data/c.csv", "日.csv"],
    };
    for (const [pattern, expected] of Object.entries(cases)) {
      assert.deepEqual(await found(pattern), expected, pattern);
    }
  }));

Deno.test("find() goes by run, type without parameters, hash and limit, all together", () =>
  inMemory(async (store) => {
    const other = await store.startRun({ id: "s" });
    await store.artifacts.put("r", "a.txt", "1");
    await store.artifacts.put("r", "b.txt", "2", { contentType: "text/plain; charset=utf-8" });
    await store.artifacts.put("r", "c.txt", "3", { contentType: "text/plain-ish" });
    await store.artifacts.put("r", "d.csv", "1");
    await other.put("e.txt", "1");
    const hash = await sha256(new TextEncoder().encode("1"));
    const found = async (query: Parameters<typeof store.artifacts.find>[0]) =>
      names(await store.artifacts.find(query)).sort();
    assert.deepEqual(await found({}), ["a.txt", "b.txt", "c.txt", "d.csv", "e.txt"]);
    assert.deepEqual(await found({ runId: "s" }), ["e.txt"]);
    assert.deepEqual(await found({ runId: "unknown" }), []);
    assert.deepEqual(await found({ contentType: "text/plain" }), ["a.txt", "b.txt", "e.txt"]);
    assert.deepEqual(await found({ contentType: "text" }), []);
    assert.deepEqual(await found({ hash }), ["a.txt", "d.csv", "e.txt"]);
    assert.deepEqual(await found({ hash, runId: "r", contentType: "text/plain" }), ["a.txt"]);
    assert.deepEqual(await found({ hash, name: "*.csv" }), ["d.csv"]);
    assert.equal((await found({ limit: 2 })).length, 2);
    assert.deepEqual(await found({ limit: 0 }), []);
    const inOrder = names(await store.artifacts.find({}));
    assert.deepEqual(names(await store.artifacts.find({ limit: 3 })), inOrder.slice(0, 3));
  }));

Deno.test("an artifact shows its fields in JSON and on a console", () =>
  inMemory(async (store) => {
    const stored = await store.artifacts.put("r", "a.txt", "text");
    const { id, hash, createdAt } = stored;
    assert.deepEqual(JSON.parse(JSON.stringify(stored)), {
      id,
      runId: "r",
      name: "a.txt",
      path: "r/a.txt",
      contentType: "text/plain",
      size: 4,
      hash,
      createdAt: createdAt.toISOString(),
    });
    assert.match(Deno.inspect(stored), /^Artifact \{[^]*name: "a\.txt"[^]*size: 4/);
  }));
