/** Traces of MLflow clients. */
import assert from "node:assert/strict";
import { API, call, PROXY, type Send, status, withServer } from "../support/mlflow_helpers.ts";

const V3 = "/api/3.0/mlflow/";

function trace(id: string, second: number, state = "OK") {
  return {
    trace: {
      trace_info: {
        trace_id: id,
        trace_location: {
          type: "MLFLOW_EXPERIMENT",
          mlflow_experiment: { experiment_id: "0" },
        },
        request_time: `2026-11-26T17:54:${second}.864Z`,
        execution_duration: "0.25s",
        state,
        trace_metadata: { "mlflow.user": "ana" },
        tags: { "mlflow.traceName": `f${second}` },
      },
    },
  };
}

async function v3(send: Send, path: string, json: unknown, method = "POST") {
  const answer = await send(V3 + path, { json, method });
  return { status: answer.status, body: await answer.json() };
}

Deno.test("a trace is kept with its spans, tags and assessments, and found", () =>
  withServer(async (send) => {
    for (const [id, second] of [["tr-a", 10], ["tr-b", 20], ["tr-c", 30]] as const) {
      const { body } = await v3(send, "traces", trace(id, second, id === "tr-c" ? "ERROR" : "OK"));
      const location = body.trace.trace_info.tags["mlflow.artifactLocation"];
      assert.equal(location, `mlflow-artifacts:/0/traces/${id}/artifacts`);
    }
    const place = `${PROXY}0/traces/tr-a/artifacts/traces.json`;
    assert.equal(await status(send(place)), 404);
    const spans = '{"spans": [1]}';
    assert.equal(await status(send(place, { method: "PUT", body: spans })), 200);
    assert.equal(await (await send(place)).text(), spans);
    const find = async (filter: string, more = {}) =>
      ((await v3(send, "traces/search", { experiment_ids: ["0"], filter, ...more })).body.traces ??
        []).map(({ trace_id }: Record<string, string>) => trace_id);
    assert.deepEqual(await find(""), ["tr-c", "tr-b", "tr-a"]);
    assert.deepEqual(await find("attributes.status = 'OK'"), ["tr-b", "tr-a"]);
    assert.deepEqual(await find("trace.name LIKE 'f2%' AND execution_time_ms < 300"), ["tr-b"]);
    const locations = [{ mlflow_experiment: { experiment_id: "0" } }];
    const page = { locations, max_results: 2 };
    const first = (await v3(send, "traces/search", page)).body;
    const { next_page_token: page_token } = first;
    const second = (await v3(send, "traces/search", { ...page, page_token })).body;
    assert.deepEqual([first.traces.length, second.traces.length], [2, 1]);
    const tags = { key: "k", value: "v" };
    assert.equal((await call(send, "traces/tr-a/tags", tags, "PATCH")).status, 200);
    const feedback = { assessment: { assessment_name: "ok", feedback: { value: true } } };
    const { assessment } = (await v3(send, "traces/tr-a/assessments", feedback)).body;
    const changed = { assessment: { feedback: { value: false } } };
    const at = `traces/tr-a/assessments/${assessment.assessment_id}`;
    assert.equal((await v3(send, at, changed, "PATCH")).body.assessment.feedback.value, false);
    const got = (await (await send(`${V3}traces/get?trace_id=tr-a`)).json()).trace.trace_info;
    assert.deepEqual([got.tags.k, got.assessments.length], ["v", 1]);
    assert.equal((await v3(send, at, {}, "DELETE")).status, 200);
    assert.equal((await call(send, "traces/tr-a/tags", { key: "k" }, "DELETE")).status, 200);
    const batch = await (await send(`${V3}traces/batchGet?trace_ids=tr-a&trace_ids=no`)).json();
    assert.deepEqual(batch.traces[0].trace_info.assessments, []);
    const ids = { experiment_id: "0", request_ids: ["tr-a"] };
    assert.equal((await call(send, "traces/delete-traces", ids)).body.traces_deleted, 1);
    assert.equal(await status(send(place)), 404);
    assert.equal(await status(send(`${V3}traces/tr-a`)), 404);
  }));

Deno.test("spans by OTLP are answered so that clients upload them as a file", () =>
  withServer(async (send) => {
    const answer = await send("/v1/traces", {
      method: "POST",
      body: "x",
      headers: { "content-type": "application/x-protobuf" },
    });
    assert.equal(answer.status, 501);
    assert.match((await answer.json()).message, /REST OTLP span logging is not supported/);
  }));

Deno.test("what is no trace is refused", () =>
  withServer(async (send) => {
    const good = trace("tr-a", 10).trace.trace_info;
    for (
      const trace_info of [
        { ...good, trace_id: "../x" },
        { ...good, trace_id: "" },
        { ...good, trace_location: {} },
        { ...good, trace_location: { mlflow_experiment: { experiment_id: "x" } } },
      ]
    ) {
      const { status } = await v3(send, "traces", { trace: { trace_info } });
      assert.ok(status === 400 || status === 404, JSON.stringify(trace_info));
    }
    assert.equal((await v3(send, "traces/search", { filter: "x y z" })).status, 400);
    assert.equal((await v3(send, "traces/no/assessments", {})).status, 400);
    assert.equal(await status(send(`${PROXY}0/traces/no/artifacts/traces.json`)), 404);
    assert.equal(await status(send(`${PROXY}0/traces/no/artifacts/x`)), 400);
    assert.equal(await status(send(`${API}traces/no`)), 404);
  }));
