/** Work on a whole store that a server has: verify, export, import, copy and watch. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  ArchiveError,
  NotRemoteError,
  openStore,
  RunNotFoundError,
  RunStateError,
  ServerUnreachableError,
  type Store,
  type StoreEvent,
} from "../../mod.ts";
import { chachaml } from "../support/cli_helpers.ts";
import { inTempDir, someBytes } from "../support/helpers.ts";
import { LimitingProxy } from "../support/limiting_proxy.ts";
import { assertNothingStaged, TestServer } from "../support/remote.ts";

/** A store of files with a server, behind a proxy. */
async function withFiles(
  work: (
    parts: { dir: string; local: Store; remote: Store; server: TestServer; proxy: LimitingProxy },
  ) => Promise<void>,
): Promise<void> {
  await inTempDir(async (dir) => {
    await using local = await openStore({ path: join(dir, "t.db"), driver: "builtin" });
    await using server = await TestServer.start(local);
    await using proxy = new LimitingProxy(Number(new URL(server.url).port));
    await using remote = await openStore({ path: proxy.url, spoolDir: join(dir, "spool") });
    await work({ dir, local, remote, server, proxy });
  });
}

async function fill(store: Store): Promise<void> {
  const run = await store.startRun({ id: "r" });
  for (const name of ["a", "b", "c"]) await run.put(name, `${name} is stored`);
  run.log({ loss: 0.5 }, { step: 3 });
  await run.end();
}

async function damage(store: Store, name: string): Promise<void> {
  const path = (await store.artifacts.get("r", name)).filePath!;
  await Deno.chmod(path, 0o644);
  await Deno.writeTextFile(path, `${name} is damaged`.slice(0, `${name} is stored`.length));
}

Deno.test("verify() finds on the server what it finds here, and continues from a position", () =>
  withFiles(async ({ local, remote }) => {
    await fill(local);
    await damage(local, "b");
    await Deno.writeTextFile(join(local.artifactDir!, "r", "orphan"), "x");
    for (
      const options of [{}, { quick: true }, { runId: "r" }, { after: { runId: "r", name: "b" } }]
    ) {
      const [here, there] = [local, remote].map((store) => store.verify(options));
      const [found, expected] = await Promise.all(
        [there!, here!].map((verification) => Array.fromAsync(verification)),
      );
      assert.deepEqual(found, expected);
      assert.deepEqual(await there!.summary(), await here!.summary());
      assert.deepEqual(there!.position, { runId: "r", name: "c" });
    }
    await assert.rejects(remote.verify({ runId: "none" }).summary(), RunNotFoundError);
    await assert.rejects(remote.verify({ signal: AbortSignal.abort() }).summary(), {
      name: "AbortError",
    });
  }));

Deno.test("a verification whose connection is cut fails in words", () =>
  withFiles(async ({ local, remote, proxy }) => {
    await fill(local);
    for (let at = 0; at < 200; at++) {
      await Deno.writeTextFile(join(local.artifactDir!, "r", `orphan-${at}`), "x");
    }
    proxy.cut();
    proxy.downLimit = () => 4000;
    await assert.rejects(remote.verify().summary(), ServerUnreachableError);
    proxy.downLimit = () => Infinity;
    assert.equal((await remote.verify().summary()).artifacts, 3);
  }));

Deno.test("an archive goes there and back, also where connections are cut on the way", () =>
  withFiles(async ({ local, remote, proxy }) => {
    const bytes = someBytes(20_000_001);
    await using here = await openStore({ inMemory: true, driver: "builtin" });
    const run = await here.startRun({ id: "r" });
    await run.put("large.bin", bytes);
    await run.logMetrics({ loss: NaN }, { step: 1 });
    proxy.cut();
    // Each connection gets somewhat further, until they are left alone.
    proxy.upLimit = () => proxy.cuts < 4 ? 3_000_000 : Infinity;
    let sent = 0;
    const onProgress = ({ bytes }: { bytes: number }) => sent = bytes;
    const report = await remote.import(here.export(["r"]), { onProgress });
    assert.equal(proxy.cuts, 4);
    assert.deepEqual(report.runs.map(({ id, imported }) => [id, imported]), [["r", true]]);
    assert.ok(sent > bytes.length);
    assert.deepEqual(await (await local.artifacts.get("r", "large.bin")).bytes(), bytes);
    const again = await remote.import(here.export(["r"]));
    assert.deepEqual([again.runs[0]!.imported, again.artifacts], [false, 0]);
    const copy = await remote.import(here.export(["r"]), { newIds: true });
    assert.notEqual(copy.runs[0]!.id, "r");
    proxy.downLimit = () => proxy.cuts < 8 ? 3_000_000 : Infinity;
    await using back = await openStore({ inMemory: true, driver: "builtin" });
    await back.import(remote.export(["r"]));
    assert.ok(proxy.cuts > 4);
    assert.deepEqual(await (await back.artifacts.get("r", "large.bin")).bytes(), bytes);
    await assertNothingStaged(local);
  }));

Deno.test("what is wrong with an archive is said by its server, and nothing is stored", () =>
  withFiles(async ({ local, remote }) => {
    await using here = await openStore({ inMemory: true, driver: "builtin" });
    await (await here.startRun({ id: "r" })).put("large.bin", someBytes(6_000_000));
    const archive = await new Response(here.export(["r"])).bytes();
    const damaged = archive.slice();
    damaged[3_000_000]! ^= 1;
    for (const bytes of [damaged, archive.slice(0, 5_000_000), someBytes(9_000_000)]) {
      const source = new Blob([bytes]).stream();
      await assert.rejects(remote.import(source), ArchiveError);
    }
    const failing = ReadableStream.from((async function* () {
      yield archive.subarray(0, 5_000_000);
      throw new Error("the disk is gone");
    })());
    await assert.rejects(remote.import(failing), /cannot be read: .*the disk is gone/);
    const stop = new AbortController();
    const endless = ReadableStream.from((async function* () {
      yield archive.subarray(0, 5_000_000);
      stop.abort(new Error("enough"));
      await new Promise((resolve) => setTimeout(resolve, 0));
      yield archive.subarray(5_000_000);
    })());
    await assert.rejects(remote.import(endless, { signal: stop.signal }), /enough/);
    assert.deepEqual(await local.runs.list(), []);
    await local.startRun({ id: "r", experiment: "mine" });
    await assert.rejects(remote.import(here.export(["r"])), RunStateError);
    await assertNothingStaged(local);
  }));

Deno.test("runs are copied to a server and from it; a second copy sends what is new", () =>
  withFiles(async ({ local, remote }) => {
    await using here = await openStore({ inMemory: true, driver: "builtin" });
    await fill(here);
    const open = await here.startRun({ id: "open" });
    await open.put("first", "1");
    assert.deepEqual(await countsOf(here.copyTo(remote)), [2, 0, 0, 4]);
    await open.put("second", "2");
    await open.registerModel("net", { artifact: "first" });
    assert.deepEqual(await countsOf(here.copyTo(remote)), [0, 1, 1, 1]);
    assert.deepEqual(await countsOf(here.copyTo(remote)), [0, 0, 2, 0]);
    assert.deepEqual((await local.models.versions("net")).map(({ runId }) => runId), ["open"]);
    await using back = await openStore({ inMemory: true, driver: "builtin" });
    assert.deepEqual(await countsOf(remote.copyTo(back)), [2, 0, 0, 5]);
    assert.equal(await (await back.artifacts.get("open", "second")).text(), "2");
  }));

async function countsOf(copying: ReturnType<Store["copyTo"]>): Promise<number[]> {
  const { copied, updated, existing, artifacts, failed } = await copying;
  assert.deepEqual(failed, []);
  return [copied, updated, existing, artifacts];
}

Deno.test("watch() sees what other programs change, and misses nothing when it is cut off", () =>
  withFiles(async ({ dir, remote, proxy, server }) => {
    await using other = await openStore({ path: join(dir, "t.db"), driver: "builtin" });
    const events = remote.watch()[Symbol.asyncIterator]();
    const next = async (): Promise<StoreEvent> => (await events.next()).value;
    let coming = next();
    // Whether it has begun cannot be told: a change behind its beginning is seen.
    const timer = setInterval(() => void other.startRun({ experiment: "before" }), 100);
    assert.equal((await coming).kind, "run");
    clearInterval(timer);
    const run = await other.startRun({ id: "r", experiment: "iris" });
    const seen: string[] = [];
    const until = async (word: string) => {
      while (seen.at(-1) !== word) {
        const event = await coming;
        coming = next();
        if ("run" in event && event.run.id !== "r") continue;
        seen.push(event.kind === "metrics" ? `loss=${event.values[0]!.value}` : event.kind);
      }
    };
    coming = next();
    await until("run");
    await other.metrics.log("r", { loss: NaN }, { step: 1 });
    await until("loss=NaN");
    proxy.cut();
    await other.metrics.log("r", { loss: 0.25 }, { step: 2 });
    await until("loss=0.25");
    const stopping = server.stop();
    proxy.cut();
    await stopping;
    await run.put("a", "a");
    await server.restart();
    await until("artifact");
    await other.models.register("net", { runId: "r", artifact: "a" });
    await until("model");
    await other.runs.remove("r", { force: true });
    await until("removed");
    await remote.close();
    assert.equal(await coming, undefined);
  }));

Deno.test("the commands work against a server", () =>
  withFiles(async ({ dir, local, remote, server }) => {
    await fill(local);
    const db = ["--db", server.url];
    const file = join(dir, "runs.tar");
    assert.equal((await chachaml(dir, ["export", "r", "--output", file, ...db])).code, 0);
    await remote.runs.remove("r");
    assert.match((await chachaml(dir, ["import", file, ...db])).err, /1 run/);
    assert.equal((await local.runs.get("r")).status, "completed");
    assert.equal((await chachaml(dir, ["verify", ...db])).code, 0);
    await damage(local, "a");
    const verified = await chachaml(dir, ["verify", ...db]);
    assert.equal(verified.code, 1);
    assert.match(verified.out, /wrong-hash: .*"a"/);
    const copied = await chachaml(dir, ["copy", server.url, join(dir, "copy.db")]);
    assert.match(copied.err, /0 runs copied.*|not copied: .*"a"/);
    await (await local.startRun({ id: "fine" })).put("f", "f");
    await chachaml(dir, ["copy", server.url, join(dir, "copy.db")]);
    await using copy = await openStore({ path: join(dir, "copy.db"), driver: "builtin" });
    assert.equal(await (await copy.artifacts.get("fine", "f")).text(), "f");
    const run = await local.startRun({ id: "w" });
    const watching = chachaml(dir, ["watch", "w", ...db], {
      stdout: async (line) => void (`${line}`.includes("loss") && await run.end()),
    });
    const timer = setInterval(() => void run.log({ loss: 0.5 }), 50);
    assert.equal((await watching).code, 0);
    clearInterval(timer);
    for (const args of [["gc"], ["dedup"], ["backup", join(dir, "backup")]]) {
      const { code, err } = await chachaml(dir, [...args, ...db]);
      assert.notEqual(code, 0);
      assert.match(err, /on the server's machine/);
    }
    await assert.rejects(remote.gc(), NotRemoteError);
  }));
