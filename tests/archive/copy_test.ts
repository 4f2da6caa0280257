import assert from "node:assert/strict";
import { join } from "@std/path";
import { InvalidOptionError, ReadOnlyError, type Store } from "../../mod.ts";
import { chachaml } from "../support/cli_helpers.ts";
import { assertSame, fillStore } from "../support/copy_helpers.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

async function withTwo(work: (here: Store, there: Store, dir: string) => Promise<void>) {
  await inTempDir(async (dir) => {
    await using here = await openIn(dir, { path: join(dir, "here.db") });
    await using there = await openIn(dir, { path: join(dir, "there.db") });
    await work(here, there, dir);
  });
}

Deno.test("copyTo() copies runs with everything they have, and their models", () =>
  withTwo(async (here, there) => {
    await fillStore(here);
    const { failed, ...counts } = await here.copyTo(there);
    assert.deepEqual(failed, []);
    const expected = { copied: 3, updated: 0, existing: 0, artifacts: 2, bytes: 300_003 };
    assert.deepEqual(counts, expected);
    await assertSame(here, there);
    assert.equal((await there.models.load("iris")).name, "model.bin");
  }));

Deno.test("copyTo() again copies what is new, and nothing twice", () =>
  withTwo(async (here, there) => {
    await fillStore(here);
    await here.copyTo(there);
    const again = await here.copyTo(there);
    assert.deepEqual(
      [again.copied, again.updated, again.existing, again.artifacts],
      [0, 0, 3, 0],
    );
    const run = await here.run("open");
    await run.put("late.txt", "late");
    await run.logMetrics({ loss: 1 });
    await here.models.register("late", { runId: "child", artifact: "plots/roc.txt" });
    const more = await here.copyTo(there);
    assert.deepEqual([more.copied, more.updated, more.existing, more.artifacts], [0, 2, 1, 1]);
    await assertSame(here, there);
  }));

Deno.test("copyTo() copies the runs of a query", () =>
  withTwo(async (here, there) => {
    await fillStore(here);
    await here.copyTo(there, { runs: { experiment: "other" } });
    assert.deepEqual((await there.runs.list()).map(({ id }) => id), ["open"]);
    await assert.rejects(
      here.copyTo(there, { runs: { experimnt: "x" } as never }),
      InvalidOptionError,
    );
  }));

Deno.test("copyTo() reports a run that differs there, and copies the others", () =>
  withTwo(async (here, there) => {
    await fillStore(here);
    await there.startRun({ id: "child", experiment: "mine" });
    const { copied, failed } = await here.copyTo(there);
    assert.equal(copied, 2);
    assert.deepEqual(failed.map(({ runId }) => runId), ["child"]);
    assert.match(failed[0]!.error.message, /a run of this id is there|differs/);
    assert.equal((await there.runs.get("child")).experiment, "mine");
  }));

Deno.test("copyTo() copies nothing of a run whose bytes are damaged", () =>
  withTwo(async (here, there) => {
    await fillStore(here);
    const path = (await here.artifacts.get("child", "plots/roc.txt")).filePath;
    if (path === undefined) return; // Bytes of a bucket are damaged by nobody here.
    await Deno.chmod(path, 0o644);
    await Deno.writeTextFile(path, "cor");
    const { copied, failed } = await here.copyTo(there);
    assert.equal(copied, 2);
    assert.match(
      failed[0]!.error.message,
      /its bytes (are not those that were|have the SHA-256 .* where .* was) stored/,
    );
    assert.deepEqual((await there.runs.list()).map(({ id }) => id).sort(), ["open", "parent"]);
    assert.deepEqual(await Array.fromAsync(there.verify()), []);
  }));

Deno.test("copyTo() that is stopped goes on where it was", () =>
  withTwo(async (here, there) => {
    await fillStore(here);
    const stop = new AbortController();
    const copying = here.copyTo(there, {
      signal: stop.signal,
      onProgress: ({ runs }) => runs === 2 && stop.abort(new Error("enough")),
    });
    await assert.rejects(copying, /enough/);
    assert.equal((await there.runs.list()).length, 2);
    const { copied, existing } = await here.copyTo(there);
    assert.deepEqual([copied, existing], [1, 2]);
    await assertSame(here, there);
  }));

Deno.test("copyTo() a store that is read-only is refused", () =>
  withTwo(async (here, _, dir) => {
    await using there = await openIn(dir, { path: join(dir, "there.db"), readOnly: true });
    await assert.rejects(here.copyTo(there), ReadOnlyError);
  }));

Deno.test("chachaml copy copies a store, and says what it did", () =>
  inTempDir(async (dir) => {
    {
      await using here = await openIn(dir, { path: join(dir, "here.db") });
      await fillStore(here);
    }
    const [from, to] = [join(dir, "here.db"), join(dir, "new/there.db")];
    await Deno.mkdir(join(dir, "new"));
    const first = await chachaml(dir, ["copy", from, to, "-e", "iris"]);
    assert.deepEqual(first, {
      code: 0,
      out: "",
      err: "2 runs copied, 0 updated, 2 artifacts, 300 kB; 0 already existed\n",
    });
    const { code, out } = await chachaml(dir, ["copy", from, to, "--json"]);
    assert.equal(code, 0);
    const expected = {
      copied: 1,
      updated: 0,
      existing: 2,
      artifacts: 0,
      bytes: 0,
      failed: [],
    };
    assert.deepEqual(JSON.parse(out), expected);
    const { code: refused, err } = await chachaml(dir, ["copy", from, "postgres://db/ml"]);
    assert.equal(refused, 2);
    assert.match(err, /--to-artifacts says where the artifacts of a database server are/);
  }));
