import assert from "node:assert/strict";
import {
  InvalidOptionError,
  openStore,
  type RunHandle,
  RunNotFoundError,
  type Store,
} from "../../mod.ts";
import { child } from "../support/children/flags.ts";
import { inMemory, inTempDir, openIn, testEachDriver } from "../support/helpers.ts";

Deno.test("runs started within withRun() are parts of its run, also side by side", () =>
  inMemory(async (store) => {
    const parents: Record<string, string | null> = {};
    await store.withRun({ id: "outer" }, async (outer) => {
      assert.equal(store.currentRun, outer);
      await Promise.all(["x", "y"].map((name) =>
        store.withRun({ id: name }, async (run) => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          assert.equal(store.currentRun, run);
          parents[name] = run.info.parentId;
          parents[`${name}1`] = (await store.startRun()).info.parentId;
        })
      ));
      parents.alone = (await store.startRun({ parentId: null })).info.parentId;
      parents.other = (await store.startRun({ parentId: "x" })).info.parentId;
      assert.equal(store.currentRun, outer);
    });
    assert.equal(store.currentRun, undefined);
    parents.later = (await store.startRun()).info.parentId;
    assert.deepEqual(parents, {
      x: "outer",
      x1: "x",
      y: "outer",
      y1: "y",
      alone: null,
      other: "x",
      later: null,
    });
  }));

Deno.test("withRun() of one store says nothing to another", () =>
  inMemory((store) =>
    inMemory((other) =>
      store.withRun({}, async () => {
        assert.equal((await other.startRun()).info.parentId, null);
      })
    )
  ));

Deno.test("a run left without being ended has failed; one that was ended stays so", () =>
  inMemory(async (store) => {
    const leave = async (work: (run: RunHandle) => Promise<unknown>): Promise<string> => {
      let id = "";
      try {
        await using run = await store.startRun();
        id = run.id;
        await work(run);
      } catch (error) {
        assert.equal((error as Error).message, "no luck");
      }
      const { status, error } = await store.runs.get(id);
      return `${status}: ${error}`;
    };
    assert.equal(await leave((run) => run.end()), "completed: null");
    assert.equal(await leave((run) => run.end({ error: "so it is" })), "failed: so it is");
    assert.equal(
      await leave(() => Promise.reject(new Error("no luck"))),
      "failed: left before it was ended",
    );
  }));

async function inGit(dir: string, ...args: string[]): Promise<void> {
  const config = [
    "-c",
    "user.name=a",
    "-c",
    "user.email=a@b.invalid",
    "-c",
    "init.defaultBranch=m",
  ];
  const { success, stderr } = await new Deno.Command("git", {
    args: [...config, ...args],
    cwd: dir,
  })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

const gitMissing = await new Deno.Command("git", { args: ["--version"], stdout: "null" }).output()
  .then(() => undefined, () => "there is no git");

Deno.test({
  name: `a run notes the commit that it is started from${
    gitMissing ? ` (skipped: ${gitMissing})` : ""
  }`,
  ignore: gitMissing !== undefined,
  fn: () =>
    inTempDir(async (dir) => {
      await Deno.writeTextFile(`${dir}/tracked`, "1");
      await inGit(dir, "init");
      await inGit(dir, "add", "tracked");
      await inGit(dir, "commit", "-m", "first");
      const start = async (permissions: readonly string[]) => {
        const command = child("start_run.ts", [dir], permissions);
        const { success, stdout, stderr } = await command.output();
        assert.ok(success, new TextDecoder().decode(stderr));
        return JSON.parse(new TextDecoder().decode(stdout));
      };
      const all = ["-A"];
      const clean = await start(all);
      assert.match(clean.git.sha, /^[0-9a-f]{40}$/);
      assert.deepEqual([clean.git.branch, clean.git["dirty?"]], ["m", false]);
      assert.deepEqual(clean.os, { name: Deno.build.os, arch: Deno.build.arch });
      assert.equal(clean.deno.version, Deno.version.deno);
      await Deno.writeTextFile(`${dir}/tracked`, "2");
      assert.equal((await start(all)).git["dirty?"], true);
      await inGit(dir, "checkout", "--detach");
      assert.equal((await start(all)).git.branch, undefined);
      // Without the permission to run git, nothing of it is known, and nobody is asked.
      const { git, os } = await start(["--allow-read", "--allow-write"]);
      assert.deepEqual([git, os.name], [undefined, Deno.build.os]);
    }),
});

testEachDriver("labels can be set, changed and removed, those of the start too", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  const run = await store.startRun({ id: "r", tags: { a: "1", b: "2", "with space": "3" } });
  const tags = async () => (await store.runs.get("r")).tags;
  await run.setTags({ a: "x", c: "4" });
  assert.deepEqual(await tags(), { a: "x", b: "2", "with space": "3", c: "4" });
  await run.setTags({ a: null, "with space": null, none: null });
  assert.deepEqual(await tags(), { b: "2", c: "4" });
  await run.setNote("# So far");
  assert.deepEqual(await tags(), { b: "2", c: "4", note: "# So far" });
  await run.end();
  await store.runs.setTags("r", { b: null, c: null, note: null });
  assert.deepEqual(await tags(), {});
  await assert.rejects(
    store.runs.setTags("r", { d: "fine", e: 1 as unknown as string }),
    InvalidOptionError,
  );
  await assert.rejects(store.runs.setTags("none", { d: "" }), RunNotFoundError);
  assert.deepEqual(await tags(), {});
});

testEachDriver("datasets are noted, in order, and go with their run", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  const run = await store.startRun({ id: "r" });
  assert.deepEqual(await store.runs.datasets("r"), []);
  const first = await run.logDataset({
    role: "test",
    rows: 150,
    columns: 5,
    features: ["sepal length", "é"],
    hash: "abc",
    source: "iris.csv",
  });
  const second = await run.logDataset({});
  assert.deepEqual(await store.runs.datasets("r"), [first, second]);
  const { id: _, createdAt, ...said } = first;
  assert.ok(Math.abs(createdAt.getTime() - Date.now()) < 60_000);
  assert.deepEqual(said, {
    role: "test",
    rows: 150,
    columns: 5,
    features: ["sepal length", "é"],
    hash: "abc",
    source: "iris.csv",
  });
  assert.deepEqual([second.role, second.rows, second.features], ["train", null, null]);
  for (const odd of [{ rows: -1 }, { columns: 0.5 }, { role: 1 }, { source: {} }]) {
    await assert.rejects(run.logDataset(odd as never), InvalidOptionError);
  }
  await assert.rejects(store.runs.logDataset("none", {}), RunNotFoundError);
  await store.runs.remove("r");
  await assert.rejects(store.runs.datasets("r"), RunNotFoundError);
});

testEachDriver(
  "experiments are those that have runs, and those that were described",
  async (driver) => {
    await using store = await openStore({ inMemory: true, driver });
    assert.deepEqual(await store.experiments.list(), []);
    await store.startRun({ experiment: "iris" });
    await store.startRun({ experiment: "iris" });
    await store.experiments.describe("iris", { description: "Fisher's", owner: "ana" });
    await store.experiments.describe("iris", { owner: null });
    await store.experiments.describe("empty", { description: "none yet" });
    const [empty, iris] = await store.experiments.list();
    assert.deepEqual(empty, {
      name: "empty",
      description: "none yet",
      owner: null,
      runs: 0,
      lastRun: null,
    });
    const { lastRun, ...rest } = iris!;
    assert.deepEqual(rest, { name: "iris", description: "Fisher's", owner: null, runs: 2 });
    assert.ok(lastRun instanceof Date);
  },
);

Deno.test("what was noted of runs is there for one who only reads", () =>
  inTempDir(async (dir) => {
    const notes = async (store: Store) => [
      await store.runs.datasets("r"),
      await store.experiments.list(),
      await store.metrics.summary("r"),
      await store.runs.list(),
    ];
    let written: unknown[];
    {
      await using store = await openIn(dir);
      const run = await store.startRun({ id: "r", experiment: "e" });
      run.log({ loss: NaN });
      written = await notes(store);
    }
    await using store = await openIn(dir, { readOnly: true });
    assert.deepEqual(await notes(store), written);
  }));
