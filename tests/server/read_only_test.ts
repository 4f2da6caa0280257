/** A server of a store that must not be written. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore } from "../../mod.ts";
import { createHandler } from "../../src/server/mod.ts";
import { inTempDir, tree } from "../support/helpers.ts";

Deno.test("a store that is opened read-only is served whole, and nothing of it is written", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "t.db");
    {
      await using store = await openStore({ path, driver: "builtin" });
      for (const experiment of ["iris", "digits", "default"]) {
        const run = await store.startRun({ id: `in-${experiment}`, experiment });
        await store.metrics.log(run.id, { loss: 0.5 });
        await run.put("a.txt", "hello");
        await run.end();
      }
    }
    const bytes = async () => (await Deno.readFile(path)).toBase64();
    const before = [await bytes(), tree(dir)];
    {
      await using store = await openStore({ path, driver: "builtin", readOnly: true });
      const handler = createHandler(store, { readOnly: true });
      const api = "http://localhost/api/2.0/mlflow/";
      const get = async (path: string) =>
        await (await handler(new Request(api + path, { headers: { host: "localhost" } }))).json();
      const post = async (path: string, json: unknown) => {
        const headers = { host: "localhost", "content-type": "application/json" };
        const body = JSON.stringify(json);
        const answer = await handler(new Request(api + path, { method: "POST", headers, body }));
        return { status: answer.status, body: await answer.json() };
      };
      const ids: string[] = [];
      for (const name of ["iris", "digits", "Default"]) {
        const { experiment } = await get(`experiments/get-by-name?experiment_name=${name}`);
        ids.push(experiment.experiment_id);
      }
      assert.equal(new Set(ids).size, 3);
      assert.equal(ids[2], "0");
      const { run } = await get("runs/get?run_id=in-iris");
      assert.equal(run.info.experiment_id, ids[0]);
      assert.equal(run.data.metrics[0].value, 0.5);
      const search = {
        experiment_ids: ids,
        filter: "metrics.loss < 1",
        order_by: ["metrics.loss"],
      };
      assert.equal((await post("runs/search", search)).body.runs.length, 3);
      const all = await post("experiments/search", { max_results: 10 });
      assert.equal(all.body.experiments.length, 3);
      assert.equal((await get("artifacts/list?run_id=in-iris")).files[0].path, "a.txt");
      assert.equal((await post("runs/create", { experiment_id: "0" })).status, 403);
    }
    assert.deepEqual([await bytes(), tree(dir)], before);
  }));
