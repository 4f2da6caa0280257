import assert from "node:assert/strict";
import { join } from "@std/path";
import { type ImportReport, InvalidNameError, RunStateError, type Store } from "../../mod.ts";
import {
  archiveOf,
  fillFully,
  LONG_NAME,
  opened,
  packed,
  rowsOf,
  streamOf,
  tamperRows,
  testWithTar,
} from "../support/archive_helpers.ts";
import { assertEmpty, inTempDir, openIn, storedIn, testEachDriver } from "../support/helpers.ts";
import { assertNothingStaged, assertSame, withTwo } from "../support/import_helpers.ts";

testEachDriver("import() takes up every row and every byte", (driver) =>
  inTempDir(async (dir) => {
    await using here = await openIn(dir, { driver });
    await fillFully(here);
    await using there = await openIn(dir, { path: join(dir, "there.db"), driver });
    const report = await there.import(here.export(["r", "parent"]));
    assert.deepEqual(report, {
      // Parents come first, whatever the order in which they were exported.
      runs: ["parent", "r"].map((id) => ({ id, archivedId: id, imported: true, merged: false })),
      artifacts: 6,
      bytes: (await here.artifacts.list("r")).reduce((sum, { size }) => sum + size, 0),
    });
    await assertSame(there, here);
    const run = await there.runs.get("r");
    assert.deepEqual(run, await here.runs.get("r"));
    assert.deepEqual(await there.runs.params("r"), await here.runs.params("r"));
    assert.equal(await (await there.artifacts.get("r", LONG_NAME)).text({ verify: true }), "long");
    for (const { filePath } of await there.artifacts.list("r")) {
      assert.equal((await Deno.stat(filePath!)).mode! & 0o222, 0);
    }
  }));

Deno.test("import() reads an archive in whatever pieces it comes", () =>
  withTwo(async ({ here, archive, dir }) => {
    for (const size of [1, 511, 512, 513, 10_007, archive.length]) {
      await using there = await openIn(dir, { path: join(dir, `${size}.db`) });
      // Byte by byte takes long: what comes behind the manifest is as good in pieces.
      const start = size === 1 ? archive.slice(0, 3000) : new Uint8Array();
      const pieces = streamOf(archive.slice(start.length), Math.max(size, 300));
      await there.import(ReadableStream.from((async function* () {
        yield* streamOf(start, 1);
        yield* pieces;
      })()));
      await assertSame(there, here);
    }
  }));

Deno.test("import() takes up more points than fit into one transaction of logging", () =>
  withTwo(async ({ here, there }) => {
    const count = 120_000;
    await here.startRun({ id: "long" });
    tamperRows(
      here,
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL
        SELECT i + 1 FROM n WHERE i < ${count - 1})
        INSERT INTO metrics SELECT 'long', 'loss', i / 3.0, i, i FROM n`,
    );
    await there.import(here.export(["long"]));
    const { metrics } = rowsOf(there);
    assert.equal(metrics!.length, count);
    assert.deepEqual(metrics, rowsOf(here).metrics!.filter(({ run_id }) => run_id === "long"));
  }));

Deno.test("import() of what is there already changes nothing and says so", () =>
  withTwo(async ({ here, there, archive }) => {
    await there.import(streamOf(archive));
    const before = rowsOf(there);
    const again = await there.import(streamOf(archive));
    assert.deepEqual(again, {
      runs: ["parent", "r"].map((id) => ({ id, archivedId: id, imported: false, merged: false })),
      artifacts: 0,
      bytes: 0,
    });
    assert.deepEqual(rowsOf(there), before);
    // Where it came from, too.
    assert.ok((await here.import(streamOf(archive))).runs.every(({ imported }) => !imported));
    await assertSame(there, here);
  }));

Deno.test("import() leaves a run alone that has come further than in the archive", () =>
  withTwo(async ({ there, archive }) => {
    await there.import(streamOf(archive));
    await there.runs.setTags("r", { more: "x" });
    await there.runs.logParams("r", { more: 1 });
    await there.metrics.log("r", { loss: 1 });
    await there.runs.logDataset("r", {});
    await there.artifacts.put("r", "more", "x");
    const before = rowsOf(there);
    const { runs } = await there.import(streamOf(archive));
    assert.ok(runs.every(({ imported, merged }) => !imported && !merged));
    assert.deepEqual(rowsOf(there), before);
    assertNothingStaged(there);
  }));

Deno.test("import() refuses a run that differs, and then takes up no other of the archive", () =>
  withTwo(async ({ here, there, archive }) => {
    const changes = [
      (store: Store) => store.runs.setTags("r", { later: "x" }),
      (store: Store) => store.artifacts.put("r", "a.txt", "other", { ifExists: "replace" }),
      (store: Store) => Promise.resolve(tamperRows(store, "UPDATE runs SET name = 'x'")),
    ];
    const only = await archiveOf(here, ["r"]);
    for (const change of changes) {
      await there.import(streamOf(only));
      await change(there);
      const before = rowsOf(there);
      await assert.rejects(there.import(streamOf(archive)), (error) => {
        assert.ok(error instanceof RunStateError, String(error));
        assert.match(error.message, /^Cannot import run "r": .*differs; remove it first, or/);
        return true;
      });
      // The parent, which comes first, is not there either.
      assert.deepEqual(rowsOf(there), before);
      assertNothingStaged(there);
      await there.runs.remove("r");
      await assertEmpty(there);
    }
  }));

Deno.test("import() with newIds makes copies that belong together", () =>
  withTwo(async ({ here, archive }) => {
    const reports: ImportReport[] = [];
    for (const _ of [1, 2]) reports.push(await here.import(streamOf(archive), { newIds: true }));
    const ids = reports.flatMap(({ runs }) => runs.map(({ id }) => id));
    assert.equal(new Set([...ids, "r", "parent"]).size, 6);
    for (const { runs, artifacts } of reports) {
      assert.equal(artifacts, 6);
      assert.deepEqual(runs.map(({ archivedId }) => archivedId), ["parent", "r"]);
      const [parent, copy] = runs.map(({ id }) => id);
      const [run, original] = [await here.runs.get(copy!), await here.runs.get("r")];
      assert.deepEqual({ ...run, id: "r", parentId: "parent" }, original);
      assert.equal(run.parentId, parent);
      assert.deepEqual(await here.runs.params(copy!), await here.runs.params("r"));
      assert.deepEqual(
        (await here.runs.datasets(copy!)).map(({ id: _, ...rest }) => rest),
        (await here.runs.datasets("r")).map(({ id: _, ...rest }) => rest),
      );
      for (const artifact of await here.artifacts.list("r")) {
        const twin = await here.artifacts.get(copy!, artifact.name);
        assert.notEqual(twin.id, artifact.id);
        assert.equal(twin.hash, artifact.hash);
        await twin.bytes({ verify: true });
      }
    }
    assert.equal((await here.verify().summary()).damaged, 0);
  }));

Deno.test("import() takes up a child whose parent stays behind", () =>
  withTwo(async ({ here, there }) => {
    for (const newIds of [false, true]) {
      const { runs: [run] } = await there.import(here.export(["r"]), { newIds });
      assert.equal((await there.runs.get(run!.id)).parentId, "parent");
    }
    await there.import(here.export(["parent"]));
    assert.equal((await there.runs.list()).length, 3);
  }));

Deno.test("import() takes up runs that are each other's parents", () =>
  withTwo(async ({ here, there, archive }) => {
    const { manifest, files } = opened(await archiveOf(here, ["parent"]));
    const [run] = manifest.runs;
    const runs = [{ ...run, id: "a", parentId: "b" }, { ...run, id: "b", parentId: "a" }];
    await there.import(streamOf(packed({ ...manifest, runs }, files)));
    assert.equal((await there.runs.get("a")).parentId, "b");
    assert.equal((await there.runs.get("b")).parentId, "a");
    assert.ok(archive);
  }));

testWithTar(
  "import() takes an archive that tar has packed again",
  () =>
    withTwo(async ({ dir, here, archive }) => {
      await Deno.writeFile(join(dir, "x.tar"), archive);
      const unpacked = join(dir, "unpacked");
      await Deno.mkdir(unpacked);
      const run = async (...args: string[]) => {
        const { success, stderr } = await new Deno.Command("tar", {
          args,
          env: { LC_ALL: "C.UTF-8" },
        }).output();
        assert.ok(success, new TextDecoder().decode(stderr));
      };
      await run("-xf", join(dir, "x.tar"), "-C", unpacked);
      const calls = [
        ["--format=gnu", "chachaml-runs.json", "r"],
        ["--format=posix", "./chachaml-runs.json", "./r"],
        ["--format=gnu", "--no-recursion", ".", "./chachaml-runs.json", "--recursion", "./r"],
        ["--format=gnu", "--blocking-factor=200", "./chachaml-runs.json", "./r"],
      ];
      for (const [at, args] of calls.entries()) {
        const packed = join(dir, `${at}.tar`);
        await run("-cf", packed, "-C", unpacked, ...args);
        await using there = await openIn(dir, { path: join(dir, `${at}.db`) });
        await there.import((await Deno.open(packed)).readable);
        await assertSame(there, here);
      }
    }),
);

Deno.test("import() refuses an artifact's id that another run has, but for new ids", () =>
  withTwo(async ({ here, there }) => {
    await there.startRun({ id: "other" });
    await there.artifacts.put("other", "a", "x");
    const { id } = await here.artifacts.get("r", "a.txt");
    tamperRows(there, `UPDATE artifacts SET id = '${id}'`);
    const before = rowsOf(there);
    await assert.rejects(there.import(here.export(["r"])), (error) => {
      assert.ok(error instanceof RunStateError, String(error));
      assert.match(error.message, /run "other" has one of its artifacts; import under new ids/);
      return true;
    });
    assert.deepEqual(rowsOf(there), before);
    await there.import(here.export(["r"]), { newIds: true });
  }));

Deno.test("import() refuses a run id that some file systems take for another's", () =>
  withTwo(async ({ here, there, archive }) => {
    await there.startRun({ id: "R" });
    const before = rowsOf(there);
    await assert.rejects(there.import(here.export(["r"])), (error) => {
      assert.ok(error instanceof RunStateError, String(error));
      assert.match(error.message, /^Cannot import run "r": there is a run "R"/);
      return true;
    });
    await assert.rejects(there.import(streamOf(archive)), RunStateError);
    assert.deepEqual(rowsOf(there), before);
    await assertEmpty(there);
  }));

Deno.test("import() takes the place of orphans, and of nothing else", () =>
  withTwo(async ({ here, there, archive }) => {
    const orphan = join(there.artifactDir!, "r/deep/er/b");
    await Deno.mkdir(join(there.artifactDir!, "r/deep/er"), { recursive: true });
    await Deno.writeTextFile(orphan, "left behind");
    await there.import(streamOf(archive));
    await assertSame(there, here);
    // A directory in the way is no orphan.
    await there.runs.remove("r");
    await Deno.mkdir(join(there.artifactDir!, "r/a.txt"), { recursive: true });
    await Deno.writeTextFile(join(there.artifactDir!, "r/a.txt/x"), "not ours");
    await assert.rejects(there.import(streamOf(archive)), /a directory that is no artifact/);
    assert.deepEqual(await there.artifacts.find({}), []);
    assert.deepEqual(await storedIn(there), ["r", "r/a.txt", "r/a.txt/x"]);
    assertNothingStaged(there);
  }));

Deno.test("import() knows names afterwards, and puts go on from there", () =>
  withTwo(async ({ here, there }) => {
    await there.startRun({ id: "before" });
    await there.artifacts.put("before", "a", "1");
    // A run of this id, of whose names it has known others.
    await there.startRun({ id: "r" });
    await there.artifacts.put("r", "x", "1");
    await there.runs.remove("r");
    await there.import(here.export(["r"]));
    await assert.rejects(there.artifacts.put("r", "A.TXT", "clash"), InvalidNameError);
    await assert.rejects(there.artifacts.put("r", "deep", "clash"), InvalidNameError);
    await there.artifacts.put("r", "new", "1");
  }));
