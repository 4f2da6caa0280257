/** Logs: artifacts that can be read while they are written. */
import assert from "node:assert/strict";
import { COMPOSITION } from "../support/compositions.ts";
import { join } from "@std/path";
import {
  ArtifactExistsError,
  InvalidNameError,
  RunNotFoundError,
  StorageError,
} from "../../mod.ts";
import type { Store } from "../../mod.ts";
import { inTempDir, openIn, testOnOwnFiles } from "../support/helpers.ts";

/** A store in a directory, and a run of it. */
async function withRun(work: (store: Store, run: string, dir: string) => Promise<void>) {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir, { path: join(dir, "log.db") });
    await work(store, (await store.startRun()).id, dir);
  });
}

async function textOf(stream: ReadableStream<Uint8Array> | undefined): Promise<string> {
  return await new Response(stream).text();
}

Deno.test("startLog() gives a log that others read while it grows, and that becomes an artifact", async () => {
  await withRun(async (store, run, dir) => {
    const log = await store.artifacts.startLog(run, "logs/train.log");
    await log.append("one\n");
    await log.sync();
    await using other = await openIn(dir, { path: join(dir, "log.db"), readOnly: true });
    assert.equal(await textOf(await other.artifacts.readLog(run, "logs/train.log")), "one\n");
    const [entry] = await other.artifacts.logs(run);
    assert.deepEqual([entry!.name, entry!.size, entry!.growing], ["logs/train.log", 4, true]);
    assert.deepEqual(await other.artifacts.list(run), []);
    await log.append(new TextEncoder().encode("two\n"));
    await log.sync();
    const artifact = await log.end();
    assert.equal(await artifact.text({ verify: true }), "one\ntwo\n");
    assert.equal(artifact.contentType, "text/plain");
    assert.deepEqual(await other.artifacts.logs(), []);
    assert.equal(await other.artifacts.readLog(run, "logs/train.log"), undefined);
    if (COMPOSITION?.isServed) return;
    assert.deepEqual((await store.gc({ grace: 0 })).removed, [], "nothing is left behind");
  });
});

Deno.test("readLog() with follow reads on until the log ends", async () => {
  await withRun(async (store, run) => {
    const log = await store.artifacts.startLog(run, "a.log");
    await log.append("1");
    await log.sync();
    const reading = textOf(await store.artifacts.readLog(run, "a.log", { follow: true }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await log.append("2");
    await log.end();
    assert.equal(await reading, "12");
  });
});

testOnOwnFiles("gc() leaves a log that grows, and one that its writer left", async () => {
  await withRun(async (store, run) => {
    const log = await store.artifacts.startLog(run, "a.log");
    await log.append("kept");
    assert.deepEqual((await store.gc({ grace: 0 })).removed, []);
    await log[Symbol.asyncDispose]();
    await store.gc({ grace: 0 });
    assert.equal(await (await store.artifacts.get(run, "a.log")).text({ verify: true }), "kept");
  });
});

Deno.test("recoverLogs() stores what a writer left, and nothing that still grows", async () => {
  await withRun(async (store, run) => {
    const left = await store.artifacts.startLog(run, "left.log");
    await left.append("as far as it got");
    await left[Symbol.asyncDispose]();
    const taken = await store.artifacts.startLog(run, "taken.log");
    await taken.append("log");
    await taken[Symbol.asyncDispose]();
    await store.artifacts.put(run, "taken.log", "put meanwhile");
    const grows = await store.artifacts.startLog(run, "grows.log");
    const recovered = await store.artifacts.recoverLogs(run);
    assert.deepEqual(recovered.map(({ name }) => name).sort(), ["left.log", "taken.log.recovered"]);
    assert.equal(await recovered[0]!.text({ verify: true }).then((text) => text.length > 2), true);
    assert.deepEqual(await store.artifacts.recoverLogs(), [], "once is enough");
    assert.equal((await grows.end()).size, 0);
  });
});

Deno.test("a log whose name is taken when it ends is not lost", async () => {
  await withRun(async (store, run) => {
    const log = await store.artifacts.startLog(run, "a.log");
    await log.append("log");
    await store.artifacts.put(run, "a.log", "put meanwhile");
    await assert.rejects(log.end(), ArtifactExistsError);
    const [recovered] = await store.artifacts.recoverLogs(run);
    assert.equal(await recovered!.text(), "log");
  });
});

Deno.test("startLog() refuses names that cannot become an artifact", async () => {
  await withRun(async (store, run) => {
    await store.artifacts.put(run, "there", "x");
    await assert.rejects(store.artifacts.startLog(run, "there"), ArtifactExistsError);
    await assert.rejects(store.artifacts.startLog(run, "../out"), InvalidNameError);
    await assert.rejects(store.artifacts.startLog("no-run", "a"), RunNotFoundError);
    const log = await store.artifacts.startLog(run, "twice");
    await assert.rejects(store.artifacts.startLog(run, "twice"), StorageError);
    await log.end();
  });
});

testOnOwnFiles("a log is not written through a link in place of its directory", async () => {
  await withRun(async (store, run, dir) => {
    const outside = join(dir, "outside");
    await Deno.mkdir(outside);
    await Deno.mkdir(join(store.artifactDir!, ".staging", "logs"), { recursive: true });
    await Deno.symlink(outside, join(store.artifactDir!, ".staging", "logs", run));
    await assert.rejects(store.artifacts.startLog(run, "a.log"));
    await assert.rejects(store.artifacts.startLog(run, "deep/a.log"));
    assert.deepEqual([...Deno.readDirSync(outside)], []);
    await Deno.writeTextFile(join(outside, "secret"), "secret");
    await assert.rejects(store.artifacts.readLog(run, "secret"));
  });
});
