/** What is logged while the server is away. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore, RunNotFoundError, ServerUnreachableError } from "../../mod.ts";
import { packageFlags } from "../support/children/flags.ts";
import { chachaml } from "../support/cli_helpers.ts";
import { LimitingProxy } from "../support/limiting_proxy.ts";
import { inTempDir } from "../support/helpers.ts";
import { TestServer, withRemote } from "../support/remote.ts";

/** Names of the files below a directory. */
function filesIn(dir: string): string[] {
  return Array.from(Deno.readDirSync(dir)).flatMap(({ name, isDirectory }) =>
    isDirectory ? filesIn(join(dir, name)).map((below) => `${name}/${below}`) : [name]
  );
}

Deno.test("what is logged while the server is away is sent once it is back, in order", () =>
  inTempDir((dir) =>
    withRemote(async (remote, local, server) => {
      const run = await remote.startRun({ id: "r" });
      await run.logParams({ before: 1 });
      await server.stop();
      for (let step = 0; step < 5; step++) {
        run.log({ loss: step }, { step });
        await run.setTags({ step: String(step) });
        await remote.metrics.flush();
      }
      await run.logParams({ away: 2 });
      await run.end();
      assert.ok(filesIn(dir).length > 0);
      assert.equal((await local.runs.get("r")).status, "running");
      await server.restart();
      assert.equal((await remote.runs.get("r")).status, "completed");
      for (const store of [remote, local]) {
        assert.deepEqual(await store.runs.params("r"), { before: 1, away: 2 });
        assert.deepEqual((await store.runs.get("r")).tags, { step: "4" });
        const points = await store.metrics.points("r", "loss");
        assert.deepEqual(points.map(({ value }) => value), [0, 1, 2, 3, 4]);
      }
      assert.deepEqual(filesIn(dir), []);
    }, { spoolDir: dir })
  ));

Deno.test("a later program sends what one has left that ended while the server was away", () =>
  inTempDir(async (dir) => {
    await using local = await openStore({ inMemory: true, driver: "builtin" });
    await using server = await TestServer.start(local);
    const remote = await openStore({ path: server.url, spoolDir: dir });
    await remote.withRun({ id: "r" }, async (run) => {
      await server.stop();
      run.log({ loss: 0.5 });
      await run.logParams({ lr: 0.1 });
    });
    await remote.close();
    await server.restart();
    assert.equal((await local.runs.get("r")).status, "running");
    await using other = await openStore({ path: server.url, spoolDir: dir });
    assert.equal((await other.runs.get("r")).status, "completed");
    assert.deepEqual(await local.runs.params("r"), { lr: 0.1 });
    assert.equal((await local.metrics.points("r")).length, 1);
    assert.deepEqual(filesIn(dir), []);
  }));

Deno.test("a write whose answer is lost is done once", () =>
  inTempDir((dir) =>
    withRemote(async (_, local, server) => {
      await using proxy = new LimitingProxy(Number(new URL(server.url).port));
      const remote = await openStore({ path: proxy.url, spoolDir: dir });
      const run = await remote.startRun({ id: "r" });
      for (let step = 0; step < 3; step++) {
        proxy.downLimit = () => 0; // Requests arrive, answers do not.
        run.log({ loss: 0.5 }, { step });
        await remote.metrics.flush();
        await run.logParams({ [`p${step}`]: step });
        if (step === 1) await server.stop().then(() => server.restart());
        proxy.downLimit = () => Infinity;
        await remote.runs.list();
      }
      proxy.downLimit = () => 0;
      await run.end();
      proxy.downLimit = () => Infinity;
      await remote.close();
      assert.equal((await local.metrics.points("r")).length, 3);
      assert.deepEqual(await local.runs.params("r"), { p0: 0, p1: 1, p2: 2 });
      assert.equal((await local.runs.get("r")).status, "completed");
      assert.deepEqual(filesIn(dir), []);
    })
  ));

Deno.test("a kept write that the server refuses is set aside, and said on close", () =>
  inTempDir(async (dir) => {
    await using local = await openStore({ inMemory: true, driver: "builtin" });
    await using server = await TestServer.start(local);
    const remote = await openStore({ path: server.url, spoolDir: dir });
    const run = await remote.startRun({ id: "r" });
    const other = await remote.startRun({ id: "s" });
    await server.stop();
    await run.setTags({ a: "1" });
    await other.setTags({ a: "1" });
    await local.runs.remove("r");
    await server.restart();
    await assert.rejects(remote.close(), RunNotFoundError);
    assert.deepEqual((await local.runs.get("s")).tags, { a: "1" });
    const [refused] = filesIn(dir);
    assert.match(refused!, /\.refused$/);
    assert.match(await Deno.readTextFile(join(dir, refused!)), /setTags/);
  }));

Deno.test("a line that a crash has cut is left out, and the rest sent", () =>
  inTempDir(async (dir) => {
    await using local = await openStore({ inMemory: true, driver: "builtin" });
    await using server = await TestServer.start(local);
    const remote = await openStore({ path: server.url, spoolDir: dir });
    const run = await remote.startRun({ id: "r" });
    await server.stop();
    await run.setTags({ a: "1" });
    await remote.close();
    const path = join(dir, filesIn(dir)[0]!);
    await Deno.writeTextFile(path, '{"id":"cut', { append: true });
    await server.restart();
    await using _ = await openStore({ path: server.url, spoolDir: dir });
    assert.deepEqual((await local.runs.get("r")).tags, { a: "1" });
  }));

Deno.test("without a directory, calls wait for the server, and fail in words", async () => {
  await using local = await openStore({ inMemory: true, driver: "builtin" });
  await using server = await TestServer.start(local);
  const remote = await openStore({ path: server.url, busyTimeout: 1, readOnly: true });
  await server.stop();
  await assert.rejects(remote.runs.list(), ServerUnreachableError);
  await remote.close();
});

Deno.test("the start of a run and a put fail while the server is away, and say where it should be", () =>
  inTempDir((dir) =>
    withRemote(async (remote, local, server) => {
      const run = await remote.startRun({ id: "r" });
      await server.stop();
      const words = `Cannot reach ${server.url}/: nothing answers there; is it running?`;
      for (const call of [() => remote.startRun(), () => run.put("w", "w")]) {
        await assert.rejects(call(), { name: "ServerUnreachableError", message: words });
      }
      for (const args of [["start"], ["put", "r", "-", "--as", "w"]]) {
        const env = { CHACHAML_DB: server.url };
        const { code, out, err } = await chachaml(dir, args, { env, stdin: "w" });
        assert.deepEqual([code, out, err.trim()], [1, "", `chachaml: ${words}`]);
      }
      await server.restart();
      assert.deepEqual((await local.runs.list()).map(({ id }) => id), ["r"]);
      assert.deepEqual(await local.artifacts.list("r"), []);
    }, { spoolDir: dir, busyTimeout: 50 })
  ));

Deno.test("permission for the network alone is enough", () =>
  inTempDir(async (dir) => {
    await using local = await openStore({ inMemory: true, driver: "builtin" });
    await using server = await TestServer.start(local);
    const path = join(dir, "program.ts");
    await Deno.writeTextFile(
      path,
      `import { openStore } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
      await using store = await openStore({ path: "${server.url}" });
      await store.withRun({ id: "r" }, async (run) => {
        await run.logParams({ a: 1 });
        run.log({ loss: 0.5 });
        await run.put("a", "text");
      });
      console.log(await (await store.artifacts.get("r", "a")).text());`,
    );
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", `--allow-net=${new URL(server.url).host}`]
        .concat(packageFlags(), path),
    }).output();
    const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.equal(said[0], "text\n", said[1]);
    assert.equal((await local.runs.get("r")).status, "completed");
  }));
