/** A server in a process of its own, which is killed while a run logs to it. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore } from "../../mod.ts";
import { packageFlags } from "../support/children/flags.ts";
import { inTempDir, someBytes } from "../support/helpers.ts";

/** A server of its own process. */
class ServerProcess {
  readonly url: string;
  readonly #child: Deno.ChildProcess;

  private constructor(url: string, child: Deno.ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Starts one for the store of a path; the port is free, or that of one that has ended. */
  static async start(path: string, port = "0"): Promise<ServerProcess> {
    const cli = new URL("../../cli.ts", import.meta.url).href;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--quiet", "-A", ...packageFlags(), cli, "serve"]
        .concat("--db", path, "--port", port),
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let said = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said += text;
      const [, url] = /at (http:\S+)\n.*\n/.exec(said) ?? [];
      if (url !== undefined) return new ServerProcess(url, child);
    }
    throw new Error(`The server has not started: ${said}`);
  }

  /** Its port. */
  get port(): string {
    return new URL(this.url).port;
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}

Deno.test("a server that is killed and started again has everything, once and in order", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "t.db");
    let server = await ServerProcess.start(path);
    try {
      const remote = await openStore({ path: server.url, spoolDir: join(dir, "spool") });
      const run = await remote.startRun({ id: "r", environment: false });
      const log = await remote.artifacts.startLog("r", "train.log");
      for (let step = 0; step < 60; step++) {
        await log.append(`step ${step}\n`);
        run.log({ loss: 0.5 }, { step });
        await remote.metrics.flush();
        if (step % 20 !== 10) continue;
        await server.kill();
        await run.logParams({ [`p${step}`]: step });
        await run.setTags({ step: String(step) });
        if (step < 50) server = await ServerProcess.start(path, server.port);
      }
      await run.end();
      await log.append("the end");
      server = await ServerProcess.start(path, server.port);
      await remote.artifacts.put("r", "a", someBytes(1000));
      await log.end();
      await remote.close();
      assert.deepEqual(
        [...Deno.readDirSync(join(dir, "spool"))].flatMap(({ name }) =>
          Array.from(Deno.readDirSync(join(dir, "spool", name)))
        ),
        [],
      );
      await using other = await openStore({ path: server.url, readOnly: true });
      const { steps } = await other.metrics.curve("r", "loss");
      assert.deepEqual([...steps], Array.from({ length: 60 }, (_, step) => step));
      assert.equal((await other.metrics.points("r")).length, 60);
      assert.deepEqual(await other.runs.params("r"), { p10: 10, p30: 30, p50: 50 });
      const { status, tags } = await other.runs.get("r");
      assert.deepEqual([status, tags], ["completed", { step: "50" }]);
      assert.equal((await (await other.artifacts.get("r", "a")).bytes()).length, 1000);
      const lines = Array.from({ length: 60 }, (_, step) => `step ${step}\n`);
      const text = await (await other.artifacts.get("r", "train.log")).text({ verify: true });
      assert.equal(text, `${lines.join("")}the end`);
    } catch (error) {
      console.log(error);
      throw error;
    } finally {
      await server.kill();
    }
  }));

Deno.test("a server goes on when nobody reads its error output", () =>
  inTempDir(async (dir) => {
    const server = await ServerProcess.start(join(dir, "t.db"));
    try {
      await using remote = await openStore({ path: server.url });
      const run = await remote.startRun({ id: "r" });
      const { id, path } = await run.put("a", "a");
      await Deno.remove(join(dir, "t-artifacts", path));
      for (let time = 0; time < 3; time++) {
        const answer = await fetch(`${server.url}/api/artifacts/${id}/download`);
        assert.equal(answer.status, 500);
        await answer.body?.cancel();
      }
    } finally {
      await server.kill();
    }
  }));
