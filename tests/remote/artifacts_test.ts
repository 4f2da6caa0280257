/** Artifacts of a store that a server has. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  ArtifactExistsError,
  ArtifactInUseError,
  ArtifactNotFoundError,
  IntegrityError,
  InvalidNameError,
  InvalidSourceError,
  openStore,
} from "../../mod.ts";
import { LimitingProxy } from "../support/limiting_proxy.ts";
import { inTempDir, sha256, someBytes } from "../support/helpers.ts";
import { assertNothingStaged, withRemote } from "../support/remote.ts";

/** More than several parts of an upload. */
const LARGE = 10_000_001;

Deno.test("artifacts of every size are stored there and read here", () =>
  withRemote(async (remote, local) => {
    await remote.startRun({ id: "r" });
    for (const size of [0, 1, 262_144, 262_145, 4_194_304, LARGE]) {
      const bytes = someBytes(size);
      const name = `d/${size}.bin`;
      const stored = await remote.artifacts.put("r", name, ReadableStream.from([bytes]));
      assert.deepEqual([stored.size, stored.hash], [size, await sha256(bytes)]);
      assert.deepEqual(await (await local.artifacts.get("r", name)).bytes(), bytes);
      const found = await remote.artifacts.get("r", name);
      assert.deepEqual(await found.bytes({ verify: true }), bytes);
      assert.equal(found.contentType, "application/octet-stream");
      assert.deepEqual(await found.bytes({ start: 5, end: 900_000 }), bytes.slice(5, 900_000));
      assert.deepEqual(await found.bytes({ start: size }), new Uint8Array());
    }
    await assertNothingStaged(local);
  }));

Deno.test("ifExists is followed on the server", () =>
  withRemote(async (remote, local) => {
    await remote.startRun({ id: "r" });
    const put = (text: string, ifExists: "error" | "same" | "replace") =>
      remote.artifacts.put("r", "a.txt", text, { ifExists });
    const first = await put("one", "error");
    await assert.rejects(put("one", "error"), ArtifactExistsError);
    assert.equal((await put("one", "same")).id, first.id);
    await assert.rejects(put("two", "same"), ArtifactExistsError);
    const second = await put("two", "replace");
    assert.equal(second.id, first.id);
    assert.equal(await (await local.artifacts.get("r", "a.txt")).text(), "two");
    await remote.models.register("m", { runId: "r", artifact: "a.txt" });
    await assert.rejects(put("three", "replace"), ArtifactInUseError);
    await assert.rejects(remote.artifacts.remove("r", "a.txt"), ArtifactInUseError);
    await remote.artifacts.remove("r", "a.txt", { force: true });
    await assert.rejects(remote.artifacts.get("r", "a.txt"), ArtifactNotFoundError);
    await assert.rejects(remote.artifacts.put("r", "../x", "x"), InvalidNameError);
    const hash = "0".repeat(64);
    await assert.rejects(remote.artifacts.put("r", "h", "x", { hash }), InvalidSourceError);
    await assertNothingStaged(local);
  }));

Deno.test("files and directories are sent, and saved, with what may be run", () =>
  withRemote(async (remote, local) => {
    await inTempDir(async (dir) => {
      await remote.startRun({ id: "r" });
      const files: Record<string, string> = { "a.txt": "1", "deep/b.txt": "2", "deep/er/c": "3" };
      for (const [name, text] of Object.entries(files)) {
        const path = join(dir, "in", name);
        await Deno.mkdir(join(path, ".."), { recursive: true });
        await Deno.writeTextFile(path, text, { mode: name === "a.txt" ? 0o755 : 0o644 });
      }
      const stored = await remote.artifacts.putDirectory("r", join(dir, "in"));
      assert.deepEqual(stored.map(({ name }) => name).sort(), Object.keys(files).sort());
      assert.equal(await (await local.artifacts.get("r", "deep/er/c")).text(), "3");
      await assert.rejects(
        remote.artifacts.putDirectory("r", join(dir, "in")),
        ArtifactExistsError,
      );
      const out = join(dir, "out");
      await (await remote.artifacts.get("r", "a.txt")).saveTo(out);
      assert.equal(await Deno.readTextFile(out), "1");
      assert.equal((await Deno.stat(out)).mode! & 0o111, 0o111);
      const names = (await remote.artifacts.list("r")).map(({ name }) => name);
      assert.deepEqual(names.sort(), Object.keys(files).sort());
    });
    await assertNothingStaged(local);
  }));

Deno.test("of two clients that put one name, one wins and the other is refused", () =>
  withRemote(async (remote, local, server) => {
    await using other = await openStore({ path: server.url });
    await remote.startRun({ id: "r" });
    const outcomes = await Promise.allSettled(
      [remote, other].map((store, at) => store.artifacts.put("r", "a", someBytes(LARGE + at))),
    );
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const refused = outcomes.find((each) => each.status === "rejected")!;
    assert.ok(refused.reason instanceof ArtifactExistsError);
    await assertNothingStaged(local);
  }));

Deno.test("an upload that is cut goes on where it was", () =>
  withRemote(async (_, local, server) => {
    await using proxy = new LimitingProxy(Number(new URL(server.url).port));
    await using remote = await openStore({ path: proxy.url });
    await remote.startRun({ id: "r" });
    const bytes = someBytes(LARGE);
    let read = 0;
    const source = ReadableStream.from((function* () {
      for (let at = 0; at < bytes.length; at += 100_000) {
        read++;
        yield bytes.subarray(at, at + 100_000);
      }
    })());
    proxy.upLimit = () => 1_500_000;
    const stored = await remote.artifacts.put("r", "a", source);
    assert.equal(stored.hash, await sha256(bytes));
    assert.ok(proxy.cuts >= 5, `${proxy.cuts} cuts`);
    assert.equal(read, Math.ceil(LARGE / 100_000));
    await assertNothingStaged(local);
  }));

Deno.test("a download that is cut goes on where it was", () =>
  withRemote(async (remote, _, server) => {
    await remote.startRun({ id: "r" });
    const bytes = someBytes(LARGE);
    await remote.artifacts.put("r", "a", bytes);
    await using proxy = new LimitingProxy(Number(new URL(server.url).port));
    await using other = await openStore({ path: proxy.url });
    proxy.downLimit = () => 3_000_000;
    const artifact = await other.artifacts.get("r", "a");
    assert.deepEqual(await artifact.bytes({ verify: true }), bytes);
    assert.ok(proxy.cuts >= 3, `${proxy.cuts} cuts`);
  }));

Deno.test("a put goes on after the server was restarted, if its bytes are still here", () =>
  withRemote(async (remote, local, server) => {
    await remote.startRun({ id: "r" });
    const slow = ReadableStream.from((async function* () {
      yield someBytes(1000);
      await server.stop();
      setTimeout(() => void server.restart(), 100);
    })());
    const stored = await remote.artifacts.put("r", "a", slow);
    assert.equal(stored.size, 1000);
    await assertNothingStaged(local);
  }));

Deno.test("a long upload that a restarted server has lost says so, and stores nothing", () =>
  withRemote(async (remote, local, server) => {
    await remote.startRun({ id: "r" });
    let parts = 0;
    const source = ReadableStream.from((async function* () {
      for (; parts < 10; parts++) {
        yield someBytes(1_000_000);
        if (parts !== 7) continue;
        await server.stop();
        await server.restart();
      }
    })());
    await assert.rejects(remote.artifacts.put("r", "a", source), /put it again/);
    assert.equal(await local.artifacts.has("r", "a"), false);
  }));

Deno.test("bytes that are damaged there are not taken here", () =>
  withRemote(async (remote, local) => {
    await remote.startRun({ id: "r" });
    const stored = await remote.artifacts.put("r", "a", "text");
    const path = (await local.artifacts.get(stored.id)).filePath!;
    await Deno.chmod(path, 0o644);
    await Deno.writeTextFile(path, "TEXT");
    await assert.rejects(stored.bytes({ verify: true }), IntegrityError);
    await Deno.remove(path);
    await assert.rejects(stored.bytes(), IntegrityError);
  }));
