/** Logs that grow on a server. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore } from "../../mod.ts";
import { wait } from "../../src/base/async.ts";
import { lifecycleOf } from "../../src/store/internals.ts";
import { chachaml } from "../support/cli_helpers.ts";
import { inTempDir, someBytes } from "../support/helpers.ts";
import { TestServer, withRemote } from "../support/remote.ts";

Deno.test("a log whose server stays away is kept here, and its error says where to put it from", () =>
  inTempDir((dir) =>
    withRemote(async (remote, local, server) => {
      await remote.startRun({ id: "r" });
      const log = await remote.artifacts.startLog("r", "train.log");
      await log.append("first\n");
      await server.stop();
      await log.append("second\n");
      const words = await log.end().then(() => "", ({ message }) => message);
      const [, path, name] = /all of it is in "(.*)": put that as "(.*)" later$/.exec(words)!;
      assert.equal(name, "train.log");
      await server.restart();
      const { code, err } = await chachaml(dir, ["put", "r", path!, "--as", name!], {
        env: { CHACHAML_DB: server.url },
      });
      assert.equal(code, 0, err);
      const [artifact, ...others] = await local.artifacts.list("r");
      assert.deepEqual([artifact!.name, others], ["train.log", []]);
      assert.equal(await artifact!.text(), "first\nsecond\n");
    }, { spoolDir: dir, busyTimeout: 100 })
  ));

Deno.test("the log of a writer that is gone becomes an artifact", () =>
  inTempDir((dir) =>
    withRemote(async (remote, local) => {
      await remote.startRun({ id: "r" });
      const log = await remote.artifacts.startLog("r", "train.log");
      await log.append("as far as it got");
      assert.deepEqual(await remote.artifacts.recoverLogs("r"), [], "it grows");
      await log[Symbol.asyncDispose]();
      const [recovered] = await remote.artifacts.recoverLogs("r");
      assert.equal(await recovered!.text(), "as far as it got");
      assert.deepEqual(await local.artifacts.logs(), []);
    }, { spoolDir: dir })
  ));

Deno.test("a store that is opened to read reads a log that grows", () =>
  inTempDir((dir) =>
    withRemote(async (remote, _, server) => {
      await remote.startRun({ id: "r" });
      const log = await remote.artifacts.startLog("r", "train.log");
      await log.append("1");
      await using reader = await openStore({ path: server.url, readOnly: true });
      assert.equal(
        await new Response(await reader.artifacts.readLog("r", "train.log")).text(),
        "1",
      );
      await log.end();
      assert.equal(await reader.artifacts.readLog("r", "train.log"), undefined);
    }, { spoolDir: dir })
  ));

Deno.test("a log that grows is read from a byte, and from behind its end", () =>
  inTempDir((dir) =>
    withRemote(async (remote) => {
      await remote.startRun({ id: "r" });
      const log = await remote.artifacts.startLog("r", "train.log");
      const content = someBytes(600_000);
      await log.append(content);
      const { growing } = lifecycleOf(remote).require().bytes;
      const into = new Uint8Array(content.length);
      const readFrom = async (start: number) => {
        const reader = (await growing!.open("r", "train.log", start))!;
        let size = 0;
        for (let count = 1; count > 0; size += count) {
          count = await reader.read(into.subarray(size));
        }
        return [into.slice(0, size), reader.isGrowing()];
      };
      for (const start of [0, 1, 300_000, 599_999]) {
        assert.deepEqual(await readFrom(start), [content.subarray(start), true]);
      }
      for (const start of [600_000, 600_001, Number.MAX_SAFE_INTEGER]) {
        assert.deepEqual(await readFrom(start), [new Uint8Array(), true]);
      }
      const behind = (await growing!.open("r", "train.log", 600_002))!;
      assert.equal(await behind.read(into), 0);
      await log.append("abcd");
      assert.equal(new TextDecoder().decode(into.subarray(0, await behind.read(into))), "cd");
      await log.end();
    }, { spoolDir: dir })
  ));

Deno.test("the output of exec grows on the server while its program runs", () =>
  inTempDir(async (dir) => {
    await using local = await openStore({ path: join(dir, "t.db"), driver: "builtin" });
    await using server = await TestServer.start(local);
    const program = `console.log("first"); while (true) {
      try { Deno.statSync(Deno.args[0]!); break; } catch { await new Promise((r) => setTimeout(r, 20)); } }
      console.log("second");`;
    await Deno.writeTextFile(join(dir, "program.ts"), program);
    const executing = chachaml(dir, [
      ...["exec", "--db", server.url, "--", Deno.execPath(), "run", "-A"],
      ...[join(dir, "program.ts"), join(dir, "go")],
    ], { env: { XDG_CACHE_HOME: join(dir, "cache") } });
    let seen = "";
    while (!seen.includes("first")) {
      const [log] = await local.artifacts.logs();
      if (log) seen = await new Response(await local.artifacts.readLog(log.runId, log.name)).text();
      await wait(20);
    }
    assert.equal(seen, "first\n");
    await Deno.writeTextFile(join(dir, "go"), "");
    assert.equal((await executing).code, 0);
    const [run] = await local.runs.list();
    const [artifact] = (await local.artifacts.list(run!.id)).filter(({ name }) => /out/.test(name));
    assert.equal(await artifact!.text(), "first\nsecond\n");
  }));
