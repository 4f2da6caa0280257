/**
 * The Python examples of the pages, run by the real clients: `deno task test:mlflow`. The variables
 * `CHACHAML_MLFLOW_PYTHON` and `CHACHAML_TRACKIO_PYTHON` name Pythons with them; `.ci/run` makes both.
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { blocksOf } from "../support/examples.ts";
import { inTempDir, openIn } from "../support/helpers.ts";
import { serving } from "../support/serving.ts";

const PYTHONS: Readonly<Record<string, string | undefined>> = {
  mlflow: Deno.env.get("CHACHAML_MLFLOW_PYTHON"),
  trackio: Deno.env.get("CHACHAML_TRACKIO_PYTHON"),
};

for (const page of ["docs/python.md", "docs/server.md"]) {
  for (const [at, block] of (await blocksOf(page, "python")).entries()) {
    const [, client] = /^import (\w+)/.exec(block) ?? assert.fail(`no client: ${block}`);
    const python = PYTHONS[client!];
    const name = `Python example ${at + 1} of ${page} logs a run`;
    if (python === undefined) {
      const variable = `CHACHAML_${client!.toUpperCase()}_PYTHON`;
      Deno.test.ignore(`${name} (skipped: ${variable} names no Python with ${client})`, () => {});
      continue;
    }
    Deno.test(name, () =>
      inTempDir(async (dir) => {
        await using store = await openIn(dir);
        await using server = await serving(store);
        await Deno.writeTextFile(join(dir, "model.onnx"), "weights");
        const { success, stderr } = await new Deno.Command(python, {
          args: ["-c", block.replaceAll("http://127.0.0.1:5000", server.url.replace(/\/$/, ""))],
          cwd: dir,
          env: {
            HOME: dir,
            MLFLOW_TRACKING_URI: server.url.replace(/\/$/, ""),
            MLFLOW_DISABLE_TELEMETRY: "true",
          },
          stdin: "null",
          stdout: "null",
        }).output();
        assert.ok(success, new TextDecoder().decode(stderr));
        const [run] = await store.runs.list({ experiment: "iris" });
        assert.equal(run?.status, "completed");
        assert.equal(
          (await store.metrics.summary(run.id)).find(({ key }) => key === "loss")?.last,
          0.31,
        );
      }));
  }
}
