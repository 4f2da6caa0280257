/**
 * The page while MLflow's client logs. It needs a Python with `mlflow`, which
 * `CHACHAML_MLFLOW_PYTHON` names; `.ci/run` makes one.
 */
import assert from "node:assert/strict";
import { fromFileUrl } from "@std/path";
import { go, pageTest, waitForCount } from "./browser.ts";

const python = Deno.env.get("CHACHAML_MLFLOW_PYTHON");
const CLIENT = fromFileUrl(new URL("live_client.py", import.meta.url));
const ROWS = ".lines .line:not(.waiting)";

/** The client, told what to do line by line. */
function startClient(url: string) {
  const child = new Deno.Command(python!, {
    args: [CLIENT, url],
    env: { MLFLOW_DISABLE_TELEMETRY: "true", MLFLOW_HTTP_REQUEST_MAX_RETRIES: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const answer = async (): Promise<string> => {
    while (!text.includes("\n")) {
      const { value, done } = await lines.read();
      if (done) throw new Error("The client ended");
      text += value;
    }
    const line = text.slice(0, text.indexOf("\n"));
    text = text.slice(line.length + 1);
    // The client prints links to runs too.
    return /^(done|[0-9a-f]{32})$/.test(line) ? line : await answer();
  };
  return {
    started: answer,
    tell: async (stage: string) => {
      await writer.write(new TextEncoder().encode(`${stage}\n`));
      await answer();
    },
    end: async () => {
      await writer.close();
      // It prints a link to the run when the run has ended.
      while (!(await lines.read()).done);
      assert.ok((await child.status).success);
    },
  };
}

pageTest(
  "a run of MLflow's client shows while it logs: table, curve, files, end",
  async ({ page, url, open, complaints }) => {
    await page.waitForSelector(".begin");
    const client = startClient(url);
    const id = await client.started();
    await waitForCount(page, ROWS, 1);
    await page.waitForSelector(`${ROWS}:has-text('from-mlflow') .status-running`);
    await client.tell("metrics");
    await page.waitForSelector(`${ROWS} .cell:has-text('91')`);
    await page.waitForSelector(`${ROWS} .spark path`);
    const charts = await open(`#/runs/${id}/charts`);
    await charts.waitForSelector(".facts:has-text('91')");
    await go(page, `#/runs/${id}`);
    await page.waitForSelector(".facts-table td:has-text('91')");
    await client.tell("metrics");
    await charts.waitForSelector(".facts:has-text('81')");
    await page.waitForSelector(".facts-table td:has-text('81')");
    await client.tell("artifact");
    await page.waitForSelector(".facts-table th:has-text('stage')");
    await go(page, `#/runs/${id}/files/notes.txt`);
    await page.waitForSelector(".code:has-text('written live')");
    await client.end();
    await page.waitForSelector(".page-head .status-done");
    await charts.waitForSelector(".page-head .status-done");
    assert.deepEqual(complaints, []);
  },
  { missing: python === undefined ? "CHACHAML_MLFLOW_PYTHON names no Python" : undefined },
);
