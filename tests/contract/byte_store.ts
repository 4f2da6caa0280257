/** How every byte store behaves. */
import assert from "node:assert/strict";
import { StorageError, UnsafePathError } from "../../mod.ts";
import type {
  ByteEntry,
  ByteReader,
  ByteStore,
  ReplacementNote,
  StagedBytes,
} from "../../src/bytes/byte_store.ts";
import { startBatch } from "../../src/bytes/start_batch.ts";
import { hashFile } from "../../src/bytes/hashing.ts";
import { ReplacementUnderWayError } from "../../src/bytes/replacement.ts";
import { sha256, someBytes } from "../support/helpers.ts";

/** Declares the tests of a byte store; `use` gives one that is empty. */
export function testByteStore(
  kind: string,
  use: (work: (bytes: ByteStore) => Promise<void>) => Promise<void>,
): void {
  const test = (name: string, work: (bytes: ByteStore) => Promise<void>) =>
    Deno.test(`${kind}: ${name}`, () => use(work));

  test("staged bytes have their size and hash, and no key yet", async (bytes) => {
    const data = someBytes(300_000);
    const staged = await bytes.stage(readerOf(data), { name: "a", runId: "r" });
    assert.deepEqual([staged.size, staged.hash], [data.length, await sha256(data)]);
    assert.deepEqual((await entries(bytes)).map(({ state }) => state), ["staged"]);
    await staged.discard();
    assert.deepEqual(await entries(bytes), []);
  });

  test("a source that fails leaves nothing, and is closed with the reason", async (bytes) => {
    const failure = new Error("broken");
    const closed: unknown[] = [];
    const source: ByteReader = {
      size: undefined,
      read: () => Promise.reject(failure),
      close: (reason) => Promise.resolve(void closed.push(reason)),
    };
    await assert.rejects(bytes.stage(source, {}), failure);
    assert.ok(closed.includes(failure));
    assert.deepEqual(await entries(bytes), []);
  });

  test("an aborted stage leaves nothing", async (bytes) => {
    const stop = new AbortController();
    const source = readerOf(someBytes(2 ** 20));
    const read = source.read;
    source.read = (into) => {
      stop.abort(new Error("enough"));
      return read(into.subarray(0, 10));
    };
    await assert.rejects(bytes.stage(source, { signal: stop.signal }), /enough/);
    assert.deepEqual(await entries(bytes), []);
  });

  test("published bytes can be read, whole or in part", async (bytes) => {
    await put(bytes, "r/nested/a.bin", text("0123456789"));
    assert.equal(await read(bytes, "r/nested/a.bin"), "0123456789");
    for (
      const [range, part] of [
        [{ start: 3, end: 6 }, "345"],
        [{ start: 8 }, "89"],
        [{ end: 2 }, "01"],
        [{ start: 4, end: 4 }, ""],
        [{ start: 20 }, ""],
      ] as const
    ) {
      const opened = await bytes.open("r/nested/a.bin", range);
      assert.equal(opened.size, 10);
      assert.equal(await rest(opened), part);
      opened.close();
      opened.close();
    }
  });

  test("bytes that are not there are not found", async (bytes) => {
    await assert.rejects(bytes.open("r/none"), Deno.errors.NotFound);
    assert.equal(await bytes.stat("r/none"), undefined);
    assert.deepEqual(await bytes.removeAll(["r/none", "other/none"]), []);
  });

  test("a key that leads outside is refused by everything", async (bytes) => {
    for (const key of ["../x", "/etc/passwd", "a/../../x", ".staging/x", ""]) {
      await assert.rejects(bytes.open(key), UnsafePathError);
      await assert.rejects(bytes.stat(key), UnsafePathError);
      assert.throws(() => bytes.url(key), UnsafePathError);
      assert.ok((await bytes.removeAll([key]))[0] instanceof UnsafePathError);
      const staged = await bytes.stage(readerOf(text("x")), {});
      await assert.rejects(bytes.publish(staged, key), UnsafePathError);
      await assert.rejects(bytes.replace(staged, key), UnsafePathError);
      await staged.discard();
    }
    assert.deepEqual(await entries(bytes), []);
  });

  test("publishing replaces an orphan, and nothing else", async (bytes) => {
    await put(bytes, "r/a", text("first"));
    const staged = await bytes.stage(readerOf(text("second")), {});
    const isOrphan = (is: boolean) => ({ isOrphan: () => Promise.resolve(is) });
    await assert.rejects(bytes.publish(staged, "r/a", isOrphan(false)), StorageError);
    assert.equal(await read(bytes, "r/a"), "first");
    assert.equal(await bytes.isPublished(staged, "r/a"), false);
    await bytes.publish(staged, "r/a", isOrphan(true));
    assert.equal(await bytes.isPublished(staged, "r/a"), true);
    await staged.release();
    assert.equal(await read(bytes, "r/a"), "second");
  });

  test("the entry of published bytes says what they are", async (bytes) => {
    const before = Date.now() - 10_000;
    await put(bytes, "r/a", text("four"));
    const entry = (await bytes.stat("r/a"))!;
    const { key, kind, state, size } = entry;
    assert.deepEqual({ key, kind, state, size }, {
      key: "r/a",
      kind: "file",
      state: "published",
      size: 4,
    });
    assert.ok(entry.modifiedAt.getTime() > before);
    assert.deepEqual(await bytes.refresh(entry), entry);
    await put(bytes, "q/b", text("other"));
    const files = (all: ByteEntry[]) => all.filter(({ kind }) => kind === "file");
    assert.deepEqual(files(await entries(bytes)).map(({ key }) => key).sort(), ["q/b", "r/a"]);
    assert.deepEqual(files(await entries(bytes, "r")).map(({ key }) => key), ["r/a"]);
    assert.deepEqual(await entries(bytes, "none"), []);
  });

  test("an entry is removed only as long as it is the very same", async (bytes) => {
    await put(bytes, "r/a", text("first"));
    const entry = (await bytes.stat("r/a"))!;
    const staged = await bytes.stage(readerOf(text("other")), {});
    await bytes.replace(staged, "r/a");
    await staged.release();
    assert.equal(await bytes.refresh(entry), undefined);
    assert.equal(await bytes.removeEntry(entry), false);
    assert.equal(await bytes.removeEntry((await bytes.stat("r/a"))!), true);
    assert.equal(await bytes.stat("r/a"), undefined);
  });

  test("what is staged is not removed while its writer is at work", async (bytes) => {
    const staged = await bytes.stage(readerOf(text("x")), {});
    const [entry] = await entries(bytes);
    assert.equal(await bytes.removeEntry(entry!), false);
    await staged.discard();
  });

  test("removed bytes are gone, and others stay", async (bytes) => {
    await put(bytes, "r/a/b/c", text("x"));
    await put(bytes, "r/a/d", text("y"));
    assert.deepEqual(await bytes.removeAll(["r/a/b/c"]), []);
    assert.equal(await bytes.stat("r/a/b/c"), undefined);
    assert.equal(await read(bytes, "r/a/d"), "y");
  });

  test("bytes that were opened stay readable when others replace them", async (bytes) => {
    await put(bytes, "r/a", text("first"));
    const opened = await bytes.open("r/a");
    const staged = await bytes.stage(readerOf(text("second")), {});
    await bytes.replace(staged, "r/a");
    await staged.release();
    assert.equal(await rest(opened), "first");
    opened.close();
    assert.equal(await read(bytes, "r/a"), "second");
  });

  test("bytes in place are described by the note until they are released", async (bytes) => {
    await put(bytes, "r/a", text("first"));
    const staged = await bytes.stage(readerOf(text("second")), {});
    const note = noteOf(staged);
    const now = await bytes.replace(staged, "r/a", note);
    if (now !== "r/a") {
      // The record is the swap: until it names the new key, all is as it was.
      assert.equal(await read(bytes, "r/a"), "first");
      assert.equal(await read(bytes, now), "second");
      await staged.release();
      assert.equal(await read(bytes, now), "second");
      return;
    }
    const opened = await bytes.open("r/a");
    assert.deepEqual(opened.note, note);
    opened.close();
    const other = await bytes.stage(readerOf(text("third")), {});
    await assert.rejects(
      bytes.replace(other, "r/a", noteOf(other)),
      ReplacementUnderWayError,
    );
    await staged.release();
    const after = await bytes.open("r/a");
    assert.equal(after.note, undefined);
    after.close();
    await bytes.replace(other, "r/a", noteOf(other));
    await other.release();
    assert.equal(await read(bytes, "r/a"), "third");
  });

  test("a replacement under way is not recovered; one that was given up is", async (bytes) => {
    await put(bytes, "r/a", text("first"));
    const staged = await bytes.stage(readerOf(text("second")), {});
    const note = noteOf(staged);
    const now = await bytes.replace(staged, "r/a", note);
    const finished: ReplacementNote[] = [];
    const finish = (note: ReplacementNote) => Promise.resolve(void finished.push(note));
    await bytes.recoverReplacements(finish);
    assert.deepEqual(finished, []);
    await staged.discard();
    if (now !== "r/a") {
      await bytes.recoverReplacements(finish);
      assert.deepEqual(finished, []);
      assert.equal(await read(bytes, "r/a"), "first");
      return;
    }
    const failure = new Error("not now");
    await assert.rejects(bytes.recoverReplacements(() => Promise.reject(failure)), failure);
    await bytes.recoverReplacements(finish);
    assert.deepEqual(finished, [note]);
    await bytes.recoverReplacements(finish);
    assert.deepEqual(finished, [note]);
    assert.equal(await read(bytes, "r/a"), "second");
  });

  test("a copy that shares bytes has their hash", async (bytes) => {
    const data = text("shared");
    await put(bytes, "r/a", data);
    const opened = await bytes.open("r/a");
    const digest = await hashFile(opened, {});
    const staged = await bytes.copyFrom(opened, { link: digest });
    opened.close();
    assert.equal(staged !== undefined, bytes.canShare);
    if (!staged) return;
    assert.equal(staged.hash, await sha256(data));
    await bytes.publish(staged, "r/b");
    await staged.release();
    assert.equal(await read(bytes, "r/b"), "shared");
    const [a, b] = [await bytes.stat("r/a"), await bytes.stat("r/b")];
    assert.equal(a!.identity, b!.identity);
    await bytes.removeAll(["r/a"]);
    assert.equal(await read(bytes, "r/b"), "shared");
  });

  test("a hasher hashes published bytes and tells how many", async (bytes) => {
    const data = someBytes(100_000);
    await put(bytes, "r/a", data);
    using hasher = bytes.hasher(data.length, new AbortController().signal);
    assert.ok(hasher.width >= 1);
    let done = 0;
    assert.equal(await hasher.hash("r/a", (count) => void (done += count)), await sha256(data));
    assert.equal(done, data.length);
  });

  test("a batch publishes its bytes together, beside others", async (bytes) => {
    await put(bytes, "r/there/x", text("there"));
    for (const count of [3, 1000]) {
      const batch = await startBatch(bytes, { count, runId: "r" });
      const keys = ["r/a", "r/there/b", "r/new/deep/c", `s${count}/d`].map((key) => key + count);
      for (const key of [...keys, "r/gone/e"]) {
        const data = text(`bytes of ${key}`);
        const staged = await batch.stage(readerOf(data), key, { name: key });
        assert.deepEqual([staged.size, staged.hash], [data.length, await sha256(data)]);
        if (key === "r/gone/e") await staged.discard();
        else assert.equal(await bytes.isPublished(staged, key), false);
      }
      assert.ok((await entries(bytes)).every(({ state }) => state !== "abandoned"));
      await batch.sync();
      await batch.publish(keys, { isOrphan: () => Promise.resolve(false) });
      await batch.end();
      for (const key of keys) assert.equal(await read(bytes, key), `bytes of ${key}`);
    }
    assert.equal(await read(bytes, "r/there/x"), "there");
    const found = await entries(bytes);
    assert.deepEqual(found.filter(({ state }) => state !== "published"), []);
    assert.ok(!found.some(({ key }) => key.startsWith("r/gone")));
  });

  test("a batch that ends unpublished leaves nothing", async (bytes) => {
    const batch = await startBatch(bytes, { count: 2 });
    await batch.stage(readerOf(text("a")), "r/a", {});
    await batch.stage(readerOf(text("b")), "r/deep/b", {});
    await batch.end();
    assert.deepEqual(await entries(bytes), []);
  });

  test("a batch replaces orphans, and nothing else", async (bytes) => {
    for (const is of [false, true]) {
      await put(bytes, "r/there/a", text("first"));
      const batch = await startBatch(bytes, { count: 2 });
      await batch.stage(readerOf(text("second")), "r/there/a", {});
      const other = await batch.stage(readerOf(text("other")), "r/there/b", {});
      await batch.sync();
      const asked: string[] = [];
      const publish = batch.publish(["r/there/a", "r/there/b"], {
        isOrphan: (key) => Promise.resolve((asked.push(key), is)),
      });
      if (is) await publish;
      else await assert.rejects(publish, StorageError);
      assert.deepEqual(asked, ["r/there/a"]);
      assert.equal(await read(bytes, "r/there/a"), is ? "second" : "first");
      if (is) assert.equal(await bytes.isPublished(other, "r/there/b"), true);
      await batch.end();
      await bytes.removeAll(["r/there/a", "r/there/b"]);
    }
  });

  test("a batch refuses keys that lead outside, and closes a source that fails", async (bytes) => {
    const batch = await startBatch(bytes, { count: 2 });
    const failure = new Error("broken");
    const closed: unknown[] = [];
    const source: ByteReader = {
      size: undefined,
      read: () => Promise.reject(failure),
      close: (reason) => Promise.resolve(void closed.push(reason)),
    };
    await assert.rejects(batch.stage(source, "r/a", {}), failure);
    assert.ok(closed.includes(failure));
    await batch.end();
    assert.deepEqual(await entries(bytes), []);
    for (const key of ["../x", "/etc/passwd", ".staging/x"]) {
      const batch = await startBatch(bytes, { count: 1 });
      const put = async () => {
        await batch.stage(readerOf(text("x")), key, {});
        await batch.publish([key]);
      };
      await assert.rejects(put(), UnsafePathError);
      await batch.end();
    }
    assert.deepEqual(await entries(bytes), []);
  });

  test("a lease is held by one at a time", async (bytes) => {
    const release = (await bytes.lease("backup"))!;
    assert.equal(await bytes.lease("backup"), undefined);
    const other = (await bytes.lease("other"))!;
    await other();
    await release();
    const again = (await bytes.lease("backup"))!;
    await again();
  });

  test("each key has a URL of its own", async (bytes) => {
    await Promise.resolve();
    const urls = ["r/a", "r/a b", "r/ä", "r/a%20b"].map((key) => bytes.url(key));
    assert.equal(new Set(urls).size, 4);
    for (const url of urls) assert.ok(URL.canParse(url));
  });
}

function text(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value);
}

function readerOf(data: Uint8Array): ByteReader {
  let at = 0;
  return {
    size: data.length,
    read: (into) => {
      const part = data.subarray(at, at + into.length);
      into.set(part);
      at += part.length;
      return Promise.resolve(part.length);
    },
    close: () => Promise.resolve(),
  };
}

function noteOf({ size, hash }: StagedBytes): ReplacementNote {
  return { artifactId: "id", contentType: "text/plain", size, hash, createdAt: 1000 };
}

async function put(bytes: ByteStore, key: string, data: Uint8Array): Promise<void> {
  const staged = await bytes.stage(readerOf(data), {});
  await bytes.publish(staged, key, { isOrphan: () => Promise.resolve(false) });
  await staged.release();
}

async function rest(opened: { read(into: Uint8Array): Promise<number> }): Promise<string> {
  let all = "";
  const chunk = new Uint8Array(4);
  for (let count; (count = await opened.read(chunk)) > 0;) {
    all += new TextDecoder().decode(chunk.subarray(0, count));
  }
  return all;
}

async function read(bytes: ByteStore, key: string): Promise<string> {
  const opened = await bytes.open(key);
  try {
    return await rest(opened);
  } finally {
    opened.close();
  }
}

async function entries(bytes: ByteStore, prefix?: string): Promise<ByteEntry[]> {
  const all: ByteEntry[] = [];
  for await (const entry of bytes.list(prefix)) all.push(entry);
  return all;
}
