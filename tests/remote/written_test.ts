/** Writes whose answers are lost are done once, also by a server that was restarted since. */
import assert from "node:assert/strict";
import { openStore, ResponseLostError, RunStateError } from "../../mod.ts";
import { withRequest } from "../../src/metadata/write_request.ts";
import { Connection } from "../../src/remote/connection.ts";
import { lifecycleOf } from "../../src/store/internals.ts";
import { someBytes } from "../support/helpers.ts";
import { withRemote } from "../support/remote.ts";

Deno.test("each kind of write is done once if its answer is lost with the server", () =>
  withRemote(async (remote, local, server) => {
    const lose = <T>(operation: string, work: () => Promise<T>): Promise<T> => {
      server.loseAnswer(new RegExp(`/write/${operation}$`));
      return work();
    };
    const run = await lose("runs.start", () => remote.startRun({ id: "r" }));
    assert.equal(run.id, "r");
    await lose("runs.logDataset", () => remote.runs.logDataset("r", { role: "train" }));
    assert.equal((await local.runs.datasets("r")).length, 1);
    const small = await lose("artifacts.put", () => remote.artifacts.put("r", "a", "a"));
    assert.equal(small.id, (await local.artifacts.get("r", "a")).id);
    const large = ReadableStream.from([someBytes(5_000_000)]);
    await lose("artifacts.put", () => remote.artifacts.put("r", "large", large));
    await lose("artifacts.putAll", () => remote.artifacts.putDirectory("r", "tests/fixtures"));
    assert.ok((await local.artifacts.list("r")).length > 2);
    const register = () => remote.models.register("net", { runId: "r", artifact: "a" });
    assert.equal((await lose("models.addVersion", register)).version, 1);
    assert.equal((await local.models.versions("net")).length, 1);
    await lose("models.setStages", () => remote.models.promote("net", 1, "production"));
    await lose("runs.insertParams", () => run.logParams({ lr: 0.1 }));
    await lose("runs.setTags", () => run.setTags({ a: "1" }));
    await lose("runs.logMetrics", () => run.logMetrics({ loss: 1 }));
    assert.equal((await local.metrics.points("r")).length, 1);
    await lose("artifacts.remove", () => remote.artifacts.remove("r", "large"));
    await lose("runs.update", () => run.end());
    assert.equal((await lose("runs.archive", () => remote.runs.archive("r"))).status, "archived");
    await lose("runs.unarchive", () => remote.runs.unarchive("r"));
    await lose("runs.remove", () => remote.runs.remove("r", { force: true }));
    assert.deepEqual(await local.runs.list(), []);
  }));

Deno.test("an archive is imported once if the answer is lost with the server, new ids or not", () =>
  withRemote(async (remote, local, server) => {
    await using here = await openStore({ inMemory: true, driver: "builtin" });
    await (await here.startRun({ id: "r" })).put("a", someBytes(100_000));
    for (const [at, newIds] of [false, true].entries()) {
      server.loseAnswer(/imports\.finish$/);
      const { runs } = await remote.import(here.export(["r"]), { newIds });
      assert.equal(runs[0]!.imported, true);
      assert.equal((await local.runs.list()).length, at + 1);
      assert.equal((await local.artifacts.list(runs[0]!.id)).length, 1);
    }
  }));

Deno.test("a write whose answer was never stored is not done again, and says so", () =>
  withRemote(async (_, local, server) => {
    await local.startRun({ id: "r" });
    const { metadata } = lifecycleOf(local).require();
    const ids = Array.from({ length: 2 }, () => crypto.randomUUID());
    const [dataset, tags] = ids as [string, string];
    await withRequest(`/${dataset}`, () => metadata.runs.logDataset("r", { role: "train" }));
    await withRequest(`/${tags}`, () => metadata.runs.setTags("r", { a: "1" }));
    await metadata.runs.setTags("r", { a: "2" });
    const connection = new Connection(server.url, {}, 0);
    for (const isRepeated of [false, true]) {
      const again = (operation: string, args: readonly unknown[], id: string) =>
        connection.call("write", operation, args, { id, isRepeated });
      await assert.rejects(
        again("runs.logDataset", ["r", { role: "train" }], dataset),
        ResponseLostError,
      );
      await again("runs.setTags", ["r", { a: "1" }], tags);
    }
    assert.equal((await local.runs.datasets("r")).length, 1);
    assert.equal((await local.runs.get("r")).tags.a, "2");
    // What has failed was not done, and is tried again.
    const id = crypto.randomUUID();
    const start = () => connection.call("write", "runs.start", [{ id: "r" }, null], { id });
    await assert.rejects(start(), RunStateError);
    await local.runs.remove("r", { force: true });
    await start();
    assert.equal((await local.runs.get("r")).experiment, "default");
  }));
