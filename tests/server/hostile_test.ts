/** Input that was made to break the server: each is the client's mistake, and changes nothing. */
import assert from "node:assert/strict";
import {
  API,
  call,
  PROXY,
  type Send,
  startRun,
  status,
  withServer,
} from "../support/mlflow_helpers.ts";
import { sentPath } from "../../src/server/mlflow/artifact_path.ts";

/** Names that every JavaScript object has. */
const INHERITED = ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"];

async function search(send: Send, filter: string, order_by: string[] = []) {
  return await call(send, "runs/search", { experiment_ids: ["0"], filter, order_by });
}

Deno.test("names that every object has are names like others", () =>
  withServer(async (send) => {
    const run = await startRun(send);
    for (const key of INHERITED) {
      const sent = { run_id: run, key, value: "x" };
      assert.equal((await call(send, "runs/set-tag", sent)).status, 200, key);
      assert.equal((await call(send, "runs/log-parameter", sent)).status, 200, key);
      const metric = { run_id: run, key, value: 1, timestamp: 1 };
      assert.equal((await call(send, "runs/log-metric", metric)).status, 200, key);
      assert.equal((await call(send, "runs/log-metric", { ...metric, value: key })).status, 400);
      for (const entity of ["tags", "params"]) {
        const found = await search(send, `${entity}.\`${key}\` = 'x'`, [`tags.\`${key}\``]);
        assert.deepEqual([found.status, found.body.runs?.length], [200, 1], `${entity} ${key}`);
      }
      assert.equal((await search(send, `metrics.\`${key}\` = 1`)).body.runs.length, 1);
      assert.equal((await search(send, `${key} = 'x'`)).status, 400);
      assert.equal((await search(send, `${key}.a = 'x'`)).status, 400);
      assert.equal((await search(send, `datasets.\`${key}\` = 'x'`)).status, 400);
      assert.equal((await call(send, "runs/delete-tag", { run_id: run, key })).status, 200);
    }
  }));

Deno.test("filters beyond what the database can do are refused", () =>
  withServer(async (send) => {
    await startRun(send);
    const clauses = (count: number) => Array(count).fill("params.p = '1'").join(" AND ");
    for (
      const filter of [
        clauses(501),
        `params.p LIKE '${"%a".repeat(5001)}'`,
        `tags.p ILIKE '${"%a".repeat(5001)}'`,
        "x".repeat(500_001),
        // A pattern for numbers that reads back and forth would take hours for this one.
        `metrics.a > ${"1".repeat(400_000)}x`,
        `metrics.a > 1.${"1".repeat(400_000)}x`,
        "'".repeat(399_999),
        "(".repeat(10_000),
      ]
    ) {
      const { status, body } = await search(send, filter);
      assert.equal(status, 400, `${filter.slice(0, 40)}: ${body.message}`);
    }
    const orders = Array.from({ length: 21 }, (_, at) => `metrics.m${at}`);
    assert.equal((await search(send, "", orders)).status, 400);
  }));

Deno.test("long filters within the limits are answered", () =>
  withServer(async (send) => {
    const run = await startRun(send);
    const metrics = Array.from({ length: 70 }, (_, at) => `metrics.m${at} > 0`).join(" AND ");
    const orders = Array.from({ length: 20 }, (_, at) => `metrics.m${at}`);
    assert.equal((await search(send, metrics, orders)).status, 200);
    const ids = Array.from({ length: 10_000 }, (_, at) => `'${at}'`);
    const found = await search(send, `run_id IN (${[...ids, `'${run}'`].join(", ")})`);
    assert.deepEqual([found.status, found.body.runs?.length], [200, 1]);
    const experiments = Array.from({ length: 40_000 }, (_, at) => String(at));
    for (const path of ["runs/search", "experiments/search-datasets", "logged-models/search"]) {
      assert.equal((await call(send, path, { experiment_ids: experiments })).status, 200, path);
    }
  }));

Deno.test("numbers that no double holds are refused", () =>
  withServer(async (send) => {
    const run = await startRun(send);
    const send1 = async (value: string) =>
      await status(send(`${API}runs/log-metric`, {
        body: `{"run_id":"${run}","key":"a","timestamp":1,"value":${value}}`,
        headers: { "content-type": "application/json" },
      }));
    for (const value of ["1e999", "-1e999", "9".repeat(2000), "9".repeat(1_000_000)]) {
      assert.equal(await send1(value), 400, value.slice(0, 20));
    }
    for (const value of ["1e308", "1e-999", "123456789012345678901234567890", "-0.0"]) {
      assert.equal(await send1(value), 200, value);
    }
  }));

Deno.test("a path that another program could take for another place is refused", () =>
  withServer(async (send, store) => {
    const run = await startRun(send);
    for (
      const path of [
        "%252e%252e/x",
        "a/%252e%252e/%252e%252e/x",
        "%25252e%25252e/x",
        "..;/x",
        "a/.;v=1/x",
        "..%253bx/y",
        "a%252f..%252fb",
        "..%255cx",
        "%252fetc/passwd",
        "%2561/%252e",
      ]
    ) {
      const place = `${PROXY}0/${run}/artifacts/${path}`;
      for (const method of ["PUT", "GET", "DELETE"]) {
        const body = method === "PUT" ? { body: "x" } : {};
        assert.equal(await status(send(place, { method, ...body })), 400, `${method} ${path}`);
      }
    }
    assert.deepEqual(await store.artifacts.list(run), []);
    for (const name of ["a%2525.txt", "50%25.txt", "a;b", "a..b", "...x/y"]) {
      const place = `${PROXY}0/${run}/artifacts/${name}`;
      assert.equal(await status(send(place, { method: "PUT", body: "x" })), 200, name);
    }
    const model = `models/m-${"0".repeat(32)}/MLmodel`;
    const place = `${PROXY}0/${run}/artifacts/${model}`;
    assert.equal(await status(send(place, { method: "PUT", body: "x" })), 400);
    const encoded = place.replace("artifacts/0", "artif%61cts/0");
    assert.equal(await status(send(encoded)), 400);
  }));

Deno.test("a path is read as it was sent, with its dot segments", () => {
  assert.equal(sentPath("http://x/a/./../%2e/b//c?d/e#f"), "/a/./../%2e/b//c");
  assert.equal(sentPath("http://x/a#b?c"), "/a");
  assert.equal(sentPath("http://x"), "/");
});

Deno.test("tags of experiments, models and the registry keep to the limits of the protocol", () =>
  withServer(async (send) => {
    const tags = (value: string) => ({ tags: [{ key: "k", value }] });
    const bad = { tags: [{ key: "' OR 1=1 --", value: "x" }] };
    const name = "n";
    for (const sent of [bad, tags("x".repeat(20_001))]) {
      assert.equal((await call(send, "experiments/create", { name, ...sent })).status, 400);
    }
    for (const sent of [bad, tags("x".repeat(100_001))]) {
      assert.equal((await call(send, "registered-models/create", { name, ...sent })).status, 400);
    }
    const model = { experiment_id: "0", name };
    for (const sent of [bad, tags("x".repeat(8001))]) {
      assert.equal((await call(send, "logged-models", { ...model, ...sent })).status, 400);
    }
    const tag = { experiment_id: "0", key: "k", value: "x".repeat(20_001) };
    assert.equal((await call(send, "experiments/set-experiment-tag", tag)).status, 400);
  }));

Deno.test("a model that a client before 3.0 logs is noted with its run", () =>
  withServer(async (send) => {
    const run = await startRun(send);
    const model = (path: string) => JSON.stringify({ artifact_path: path, run_id: run });
    for (const path of ["a", "b"]) {
      const sent = { run_id: run, model_json: model(path) };
      assert.equal((await call(send, "runs/log-model", sent)).status, 200);
    }
    for (const model_json of ["{", "[]", "{}", '{"artifact_path":1,"run_id":"x"}', ""]) {
      assert.equal((await call(send, "runs/log-model", { run_id: run, model_json })).status, 400);
    }
    const { tags } = (await (await send(`${API}runs/get?run_id=${run}`)).json()).run.data;
    const { value } = tags.find(({ key }: { key: string }) => key === "mlflow.log-model.history");
    assert.deepEqual(
      JSON.parse(value).map(({ artifact_path }: { artifact_path: string }) => artifact_path),
      ["a", "b"],
    );
  }));
