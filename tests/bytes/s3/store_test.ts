/** Stores that keep bytes in a bucket, through the public API. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  ArtifactExistsError,
  IntegrityError,
  InvalidOptionError,
  openStore,
  StorageError,
  type Store,
} from "../../../mod.ts";
import { SEGMENT } from "../../../src/bytes/s3/growing_object.ts";
import { PART } from "../../../src/bytes/s3/part_size.ts";
import { S3ByteStore } from "../../../src/bytes/s3/s3_byte_store.ts";
import { DISPLAY } from "../../../src/display/displayable.ts";
import { lifecycleOf } from "../../../src/store/internals.ts";
import { assertSame, fillStore } from "../../support/copy_helpers.ts";
import { inTempDir, someBytes } from "../../support/helpers.ts";
import { postgresMissing, testServer } from "../../support/postgres.ts";
import { clientOf, freshPlace, GATEWAY, testWithS3 } from "../../support/s3.ts";

/** What a case is given: a store that is there, and the means to look at its bucket. */
interface Given {
  readonly store: Store;
  readonly dir: string;
  /** Opens the same store once more. */
  readonly reopen: () => Promise<Store>;
  /** The objects of the bucket, as another program sees them. */
  readonly bytes: S3ByteStore;
}

const LARGE = someBytes(PART + 500);

async function keysOf(bytes: S3ByteStore): Promise<string[]> {
  return (await Array.fromAsync(bytes.list(), ({ key }) => key)).sort();
}

const CASES: Record<string, (given: Given) => Promise<void>> = {
  "an artifact is an object of its run and name": async ({ store, bytes }) => {
    const run = await store.startRun({ id: "r" });
    const artifact = await run.put("plots/roc.txt", "roc");
    assert.match(artifact.url, /^s3:\/\/chachaml-test\/[^/]+\/r\/plots\/roc\.txt$/);
    assert.equal(artifact.filePath, undefined);
    assert.equal(store.artifactDir, undefined);
    assert.deepEqual(await keysOf(bytes), ["r/plots/roc.txt"]);
    await assert.rejects(run.put("plots/roc.txt", "other"), ArtifactExistsError);
    assert.equal(await artifact.text({ verify: true }), "roc");
  },

  "ranges are read as such": async ({ store }) => {
    const run = await store.startRun({ id: "r" });
    const artifact = await run.put("large.bin", LARGE);
    for (const [start, end] of [[0, 10], [PART - 5, PART + 5], [LARGE.length - 3, LARGE.length]]) {
      const part = await artifact.bytes({ start: start!, end: end! });
      assert.deepEqual(part, LARGE.subarray(start, end));
    }
    assert.deepEqual(await artifact.bytes({ verify: true }), LARGE);
  },

  "a replaced artifact is read by the old handle and the new": async ({ store, bytes }) => {
    const run = await store.startRun({ id: "r" });
    const old = await run.put("a", "old");
    const now = await run.put("a", LARGE, { ifExists: "replace" });
    assert.deepEqual(await old.bytes({ verify: true }), LARGE);
    assert.equal(now.id, old.id);
    // The old object is gone, and the new one still tells run and name.
    const keys = await keysOf(bytes);
    assert.equal(keys.length, 1);
    assert.match(keys[0]!, /^r\/-[0-9a-f]{8}\/a$/);
    await run.put("a", "third", { ifExists: "replace" });
    assert.equal((await keysOf(bytes)).length, 1);
    assert.equal(await (await store.artifacts.get("r", "a")).text(), "third");
    await store.artifacts.remove("r", "a");
    assert.deepEqual(await keysOf(bytes), []);
  },

  "the same bytes bring back those that are lost": async ({ store, bytes }) => {
    const run = await store.startRun({ id: "r" });
    const artifact = await run.put("a", "text");
    await bytes.removeAll(["r/a"]);
    await assert.rejects(artifact.text(), IntegrityError);
    const [finding] = await Array.fromAsync(store.verify({ quick: true }));
    assert.equal(finding!.kind, "missing");
    await run.put("a", "text", { ifExists: "same" });
    assert.deepEqual(await Array.fromAsync(store.verify()), []);
  },

  "a directory is put, and put again": async ({ store, dir, bytes }) => {
    for (let n = 0; n < 40; n++) {
      await Deno.mkdir(join(dir, `files/${n % 3}`), { recursive: true });
      await Deno.writeTextFile(join(dir, `files/${n % 3}/${n}`), `file ${n}`);
    }
    await Deno.chmod(join(dir, "files/0/0"), 0o755);
    const run = await store.startRun({ id: "r" });
    const put = () => run.putDirectory(join(dir, "files"), { prefix: "f", ifExists: "same" });
    assert.equal((await put()).length, 40);
    assert.equal((await put()).length, 40);
    assert.equal((await keysOf(bytes)).length, 40);
    const path = join(dir, "saved");
    await (await store.artifacts.get("r", "f/0/0")).saveTo(path);
    assert.equal((await Deno.stat(path)).mode! & 0o111, 0o111);
  },

  "damage is found, and what no record names is collected": async ({ store, bytes }) => {
    const run = await store.startRun({ id: "r" });
    await run.put("a", "text");
    await run.put("b", "text");
    const staged = await bytes.stage(
      { size: 4, read: readOnce("oops"), close: () => Promise.resolve() },
      {},
    );
    await bytes.replace(staged, "r/b");
    await staged.release();
    for (const key of ["r/orphan", "another/program's", "alone"]) {
      const staged = await bytes.stage(
        { size: 1, read: readOnce("x"), close: () => Promise.resolve() },
        {},
      );
      await bytes.publish(staged, key);
      await staged.release();
    }
    const kinds = (await Array.fromAsync(store.verify())).map(({ kind }) => kind).sort();
    assert.deepEqual(kinds, ["foreign", "orphan", "wrong-hash"]);
    const { removed, foreign } = await store.gc({ grace: 0 });
    assert.deepEqual(removed.map(({ path }) => path), ["r/orphan"]);
    assert.deepEqual(foreign, ["alone", "another"]);
    assert.deepEqual(await keysOf(bytes), ["alone", "another/program's", "r/a", "r/b"]);
  },

  "runs are pruned with their objects": async ({ store, bytes }) => {
    for (const id of ["a", "b"]) {
      const run = await store.startRun({ id });
      await run.put("x/y", id);
      await run.put("z", id);
      await run.end();
    }
    await store.runs.prune({ olderThan: new Date(Date.now() + 1000), keepLast: 1 });
    assert.equal((await keysOf(bytes)).length, 2);
    assert.deepEqual(await Array.fromAsync(store.verify()), []);
  },

  "sharing bytes is refused in words": async ({ store, bytes }) => {
    const run = await store.startRun({ id: "r" });
    await run.put("a", "text");
    await run.put("b", "text", { dedup: true });
    assert.equal((await keysOf(bytes)).length, 2);
    await assert.rejects(store.dedup(), (error: Error) => {
      assert.match(error.message, /an object store keeps the bytes of each artifact by themselves/);
      return error instanceof StorageError;
    });
  },

  "a URL for others gives the bytes, and ends": async ({ store }) => {
    const run = await store.startRun({ id: "r" });
    const artifact = await run.put("ä b+c&d%20.txt", "shared", { contentType: "text/x-odd" });
    const answer = await fetch(await artifact.presign({ seconds: 60 }));
    assert.equal(answer.headers.get("content-type"), "text/x-odd");
    assert.equal(await answer.text(), "shared");
    await assert.rejects(artifact.presign({ seconds: 0 }), InvalidOptionError);
    await assert.rejects(artifact.presign({ seconds: 604_801 }), InvalidOptionError);
    const short = await artifact.presign({ seconds: 1 });
    await new Promise((done) => setTimeout(done, 2100));
    const late = await fetch(short);
    await late.body?.cancel();
    assert.equal(late.status, 403);
  },

  "a log is read while it grows, and outlives its writer": async ({ store, reopen }) => {
    const run = await store.startRun({ id: "r" });
    const log = await store.artifacts.startLog("r", "train.log");
    await assert.rejects(store.artifacts.startLog("r", "train.log"), /already being written/);
    await log.append("one\n");
    await log.sync();
    await using other = await reopen();
    assert.equal((await other.artifacts.logs("r"))[0]!.growing, true);
    const reading = await other.artifacts.readLog("r", "train.log", { follow: true });
    const text = new Response(reading).text();
    await log.append("two\n");
    const artifact = await log.end();
    assert.equal(await artifact.text({ verify: true }), "one\ntwo\n");
    assert.equal(await text, "one\ntwo\n");
    assert.deepEqual(await store.artifacts.logs(), []);
    const left = await store.artifacts.startLog("r", "left.log");
    await left.append("x".repeat(3_000_000));
    await left.sync();
    await left[Symbol.asyncDispose]();
    while ((await other.artifacts.logs()).some(({ growing }) => growing)) {
      await new Promise((done) => setTimeout(done, 50));
    }
    const [recovered] = await other.artifacts.recoverLogs();
    assert.equal(recovered!.size, 3_000_000);
    assert.deepEqual(await Array.fromAsync(store.verify()), []);
    await run.end();
  },

  "a log is read from a byte, across its segments and after its end": async ({ store, reopen }) => {
    const run = await store.startRun({ id: "r" });
    const log = await store.artifacts.startLog("r", "train.log");
    const content = someBytes(2 * SEGMENT + 500);
    await log.append(content);
    await log.sync();
    await using other = await reopen();
    const { growing } = lifecycleOf(other).require().bytes;
    const into = new Uint8Array(content.length + 1);
    const readFrom = async (start: number) => {
      const reader = (await growing!.open("r", "train.log", start))!;
      const isGrowing = reader.isGrowing();
      let size = 0;
      for (let count = 1; count > 0; size += count) {
        count = await reader.read(into.subarray(size));
      }
      reader.close();
      return [into.slice(0, size), isGrowing];
    };
    for (const start of [SEGMENT - 2, SEGMENT, 2 * SEGMENT - 1, content.length - 1]) {
      assert.deepEqual(await readFrom(start), [content.subarray(start), true]);
    }
    for (const start of [content.length, content.length + 1, 9 * SEGMENT]) {
      assert.deepEqual(await readFrom(start), [new Uint8Array(), true]);
    }
    const ended = await Promise.all([3, content.length, content.length + 9].map(async (start) => ({
      start,
      reader: (await growing!.open("r", "train.log", start))!,
    })));
    await log.end();
    for (const { start, reader } of ended) {
      let size = 0;
      for (let count = 1; count > 0 || reader.isGrowing(); size += count) {
        count = await reader.read(into.subarray(size));
        if (count === 0) await new Promise((done) => setTimeout(done, 50));
      }
      assert.deepEqual(into.subarray(0, size), content.subarray(start));
      reader.close();
    }
    await run.end();
  },

  "models, archives, backups and notebooks work": async ({ store, dir }) => {
    await fillStore(store);
    assert.equal((await store.models.load("iris")).size, 300_000);
    const bundle = await (await store.artifacts.get("child", "plots/roc.txt"))[DISPLAY]();
    assert.ok(bundle["text/plain"] !== undefined || bundle["text/html"] !== undefined);
    await using other = await openStore({ inMemory: true, driver: "builtin" });
    await other.import(store.export(["parent", "child", "open"]));
    await assertSame(store, other);
    const { runs } = await store.import(other.export(["child"]), { newIds: true });
    assert.equal(await (await store.artifacts.get(runs[0]!.id, "plots/roc.txt")).text(), "roc");
    const { path, artifactDir, artifacts } = await store.backup(join(dir, "backup"));
    assert.equal(artifacts, 4);
    await using copy = await openStore({ path, artifactDir, driver: "builtin", readOnly: true });
    await assertSame(store, copy);
  },

  "a store is copied there and back": async ({ store, dir }) => {
    await using here = await openStore({ path: join(dir, "here.db"), driver: "builtin" });
    await fillStore(here);
    assert.deepEqual((await here.copyTo(store)).failed, []);
    await assertSame(here, store);
    await using back = await openStore({ path: join(dir, "back.db"), driver: "builtin" });
    assert.equal((await store.copyTo(back)).copied, 3);
    await assertSame(here, back);
  },

  "the bucket is checked": async ({ bytes }) => {
    assert.deepEqual(await bytes.check(), { failure: undefined, warnings: [] });
    assert.deepEqual(await keysOf(bytes), []);
  },
};

function readOnce(text: string): (into: Uint8Array) => Promise<number> {
  let rest = new TextEncoder().encode(text);
  return (into) => {
    const part = rest.subarray(0, into.length);
    into.set(part);
    rest = rest.subarray(part.length);
    return Promise.resolve(part.length);
  };
}

async function runCases(step: Deno.TestContext, pathIn: (dir: string) => string): Promise<void> {
  for (const [name, work] of Object.entries(CASES)) {
    await step.step(name, () =>
      inTempDir(async (dir) => {
        const [path, artifactDir] = [pathIn(dir), await freshPlace()];
        const reopen = () => openStore({ path, artifactDir, driver: "builtin" });
        await using store = await reopen();
        await work({ store, dir, reopen, bytes: new S3ByteStore(clientOf(artifactDir)) });
      }));
  }
}

testWithS3("SQLite and S3", (step) => runCases(step, (dir) => join(dir, "t.db")));

if (GATEWAY === undefined || postgresMissing !== undefined) {
  const reason = postgresMissing ?? "deno task test:s3 starts a gateway";
  Deno.test.ignore(`PostgreSQL and S3 (skipped: ${reason})`, () => {});
} else {
  Deno.test("PostgreSQL and S3", async (step) => {
    await using server = await testServer();
    await runCases(step, () => server.newSchema());
  });
}
