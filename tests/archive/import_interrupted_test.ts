import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  type ImportReport,
  openStore,
  type Progress,
  ReadOnlyError,
  RunStateError,
} from "../../mod.ts";
import { rowsOf, streamOf, tar } from "../support/archive_helpers.ts";
import { child } from "../support/children/flags.ts";
import {
  assertEmpty,
  inTempDir,
  openIn,
  someBytes,
  stagedOf,
  storedIn,
} from "../support/helpers.ts";
import { assertNothingStaged, assertSame, withTwo } from "../support/import_helpers.ts";

/** A stream that gives some bytes and then no more, and tells why it was cancelled. */
function stalling(bytes: Uint8Array): { stream: ReadableStream<Uint8Array>; cancelled: unknown[] } {
  const cancelled: unknown[] = [];
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes),
    cancel: (reason) => void cancelled.push(reason),
  });
  return { stream, cancelled };
}

Deno.test("import() stops at a signal wherever it is, and leaves nothing behind", () =>
  withTwo(async ({ there, archive }) => {
    await assert.rejects(
      there.import(streamOf(archive), { signal: AbortSignal.abort("not at all") }),
      (error) => error === "not at all",
    );
    for (const part of [0, 100, 600, 30_000, archive.length - 1500, archive.length - 100]) {
      const { stream, cancelled } = stalling(archive.slice(0, part));
      const abort = new AbortController();
      const importing = there.import(stream, { signal: abort.signal });
      await new Promise((resolve) => setTimeout(resolve, 5));
      abort.abort(`enough at ${part}`);
      await assert.rejects(importing, (error) => error === `enough at ${part}`);
      assert.deepEqual(cancelled, [`enough at ${part}`]);
      await assertEmpty(there);
      assertNothingStaged(there);
    }
    assert.deepEqual(rowsOf(there).runs, []);
  }));

Deno.test("import() stops at a signal from whom it tells of its progress", () =>
  withTwo(async ({ there, archive }) => {
    const abort = new AbortController();
    const onProgress = () => abort.abort("enough");
    await assert.rejects(
      there.import(streamOf(archive), { signal: abort.signal, onProgress }),
      (error) => error === "enough",
    );
    await assertEmpty(there);
    assertNothingStaged(there);
  }));

Deno.test("import() cancels a source that it refuses, though more might come for ever", () =>
  withTwo(async ({ there, archive }) => {
    // The last one, a library that reads tar would go on with.
    const other = tar([{ name: "other", body: "x" }]).slice(0, -1024);
    const refused = [new Uint8Array(512).fill(65), archive.slice(512), other];
    for (const bytes of refused) {
      const { stream, cancelled } = stalling(bytes);
      await assert.rejects(there.import(stream), { code: "archive" });
      assert.equal(cancelled.length, 1);
    }
  }));

Deno.test("import() of a source that fails says so, and leaves nothing behind", () =>
  withTwo(async ({ there, archive }) => {
    for (const part of [0, 700, 30_000]) {
      const stream = ReadableStream.from((async function* () {
        yield await Promise.resolve(archive.slice(0, part));
        throw new Error("the line is dead");
      })());
      await assert.rejects(there.import(stream), { code: "archive", message: /line is dead/ });
      await assertEmpty(there);
      assertNothingStaged(there);
    }
    const text = ReadableStream.from(["text"]) as unknown as ReadableStream<Uint8Array>;
    await assert.rejects(there.import(text), { code: "archive" });
    const used = streamOf(archive);
    used.getReader();
    await assert.rejects(there.import(used), { code: "archive" });
  }));

Deno.test("import() into a store that is only read is refused", () =>
  withTwo(async ({ there, archive }) => {
    await using reader = await openStore({ path: there.path!, driver: "builtin", readOnly: true });
    await assert.rejects(reader.import(streamOf(archive)), ReadOnlyError);
  }));

Deno.test("import() tells of progress up to all of the bytes", () =>
  withTwo(async ({ here, there, archive }) => {
    const total = (await here.artifacts.list("r")).reduce((sum, { size }) => sum + size, 0);
    const told: Progress[] = [];
    await there.import(streamOf(archive), { onProgress: (progress) => told.push(progress) });
    assert.ok(told.every(({ bytes }) => bytes <= total));
    assert.deepEqual(told.at(-1), { bytes: total, total });
  }));

Deno.test("import() takes up many artifacts, as many at a time as may be staged", () =>
  withTwo(async ({ here, there }) => {
    const run = await here.startRun({ id: "many" });
    const names = Array.from({ length: 300 }, (_, at) => `${at % 7}/${at}`);
    await Promise.all(names.map((name) => run.put(name, name)));
    await run.put("large", someBytes(1_000_000));
    await there.import(here.export(["many"]));
    assert.equal((await there.verify().summary()).damaged, 0);
    assert.equal((await there.artifacts.list("many")).length, 301);
    assertNothingStaged(there);
  }));

Deno.test("gc() leaves alone what an import has staged", () =>
  withTwo(async ({ here, there, archive }) => {
    await using other = await openStore({ path: there.path!, driver: "builtin" });
    const staged = async () => (await stagedOf(there)).length;
    let rest: () => void;
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(archive.slice(0, -5000));
        rest = () => {
          controller.enqueue(archive.slice(-5000));
          controller.close();
        };
      },
    });
    const importing = there.import(stream);
    while (await staged() < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.deepEqual((await other.gc({ grace: 0 })).removed, []);
    assert.equal((await other.verify().summary()).damaged, 0);
    assert.ok(await staged() >= 3);
    rest!();
    await importing;
    await assertSame(there, here);
  }));

Deno.test("puts go on while an import reads, and one of its ids can be taken meanwhile", () =>
  withTwo(async ({ there, archive }) => {
    const { readable, writable } = new TransformStream<Uint8Array>();
    const writer = writable.getWriter();
    const importing = there.import(readable);
    await writer.write(archive.slice(0, -2000));
    await there.startRun({ id: "r" });
    await there.artifacts.put("r", "a.txt", "mine");
    await Promise.all([
      writer.write(archive.slice(-2000)).then(() => writer.close()),
      assert.rejects(importing, RunStateError),
    ]);
    assert.equal(await (await there.artifacts.get("r", "a.txt")).text({ verify: true }), "mine");
    assert.deepEqual((await there.runs.list()).map(({ id }) => id), ["r"]);
    assert.deepEqual(await storedIn(there), ["r", "r/a.txt"]);
    assertNothingStaged(there);
  }));

Deno.test("of imports of one archive at the same time, one does it", () =>
  withTwo(async ({ here, there, archive }) => {
    await using second = await openStore({ path: there.path!, driver: "builtin" });
    const stores = [there, second, there, second];
    const reports = await Promise.all(stores.map((store) => store.import(streamOf(archive))));
    const won = reports.filter(({ runs }) => runs.every(({ imported }) => imported));
    const lost = reports.filter(({ runs }) => runs.every(({ imported }) => !imported));
    assert.deepEqual([won.length, lost.length], [1, 3]);
    await assertSame(there, here);
  }));

Deno.test("of processes that import one archive at the same time, one does it", () =>
  withTwo(async ({ dir, here, there, archive }) => {
    const path = join(dir, "x.tar");
    await Deno.writeFile(path, archive);
    const outputs = await Promise.all(
      [1, 2, 3].map(() => child("export_import_child.ts", [there.path!, path]).output()),
    );
    const imported = outputs.map(({ stdout, stderr, success }) => {
      assert.ok(success, new TextDecoder().decode(stderr));
      return JSON.parse(new TextDecoder().decode(stdout)) as ImportReport;
    }).filter(({ artifacts }) => artifacts > 0);
    assert.equal(imported.length, 1);
    await assertSame(there, here);
  }));

Deno.test("the source of an import that is refused from the start is cancelled", () =>
  inTempDir(async (dir) => {
    let reason: unknown;
    const archive = new ReadableStream<Uint8Array>({ cancel: (why) => void (reason = why) });
    await (await openIn(dir)).close();
    await using reader = await openIn(dir, { readOnly: true });
    await assert.rejects(reader.import(archive), ReadOnlyError);
    assert.ok(reason instanceof ReadOnlyError);
  }));
