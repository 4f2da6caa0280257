/** Evaluation datasets, scorers and the traces of older clients. */
import assert from "node:assert/strict";
import { API, PROXY, type Send, status, withServer } from "../support/mlflow_helpers.ts";

const V3 = "/api/3.0/mlflow/";

async function v3(send: Send, path: string, json?: unknown, method?: string) {
  const answer = await send(V3 + path, {
    ...json !== undefined && { json },
    ...method !== undefined && { method },
  });
  return { status: answer.status, body: await answer.json() };
}

async function newDataset(send: Send, more = {}): Promise<string> {
  const { body } = await v3(send, "datasets/create", { name: "qa", ...more });
  return body.dataset.dataset_id;
}

function records(...list: unknown[]) {
  return { records: JSON.stringify(list) };
}

Deno.test("records with equal inputs are merged, also within one request", () =>
  withServer(async (send) => {
    const id = await newDataset(send);
    const sent = records(
      { inputs: { a: 1, b: 2 }, outputs: "x", expectations: { e: 1 } },
      { inputs: { b: 2, a: 1 }, expectations: { f: [2] }, tags: { t: "1" } },
    );
    const once = { inserted_count: 1, updated_count: 1 };
    assert.deepEqual((await v3(send, `datasets/${id}/records`, sent)).body, once);
    // A client that missed the response sends it again.
    const again = { inserted_count: 0, updated_count: 2 };
    assert.deepEqual((await v3(send, `datasets/${id}/records`, sent)).body, again);
    const { body } = await v3(send, `datasets/${id}/records`);
    const [record, ...others] = JSON.parse(body.records);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [record.inputs, record.outputs, record.expectations, record.tags],
      [{ a: 1, b: 2 }, "x", { e: 1, f: [2] }, { t: "1" }],
    );
    const { dataset } = (await v3(send, `datasets/${id}`)).body;
    assert.equal(dataset.profile, '{"num_records":1}');
    assert.deepEqual(JSON.parse(dataset.schema), {
      inputs: { a: "integer", b: "integer" },
      outputs: "string",
      expectations: { e: "integer", f: "array" },
      version: "1.0",
    });
  }));

Deno.test("numbers of records keep their form and all their digits", () =>
  withServer(async (send) => {
    const id = await newDataset(send);
    const text = '[{"inputs":{"x":1.0,"big":12345678901234567890,"small":1e-400}}]';
    assert.equal((await v3(send, `datasets/${id}/records`, { records: text })).status, 200);
    const { body } = await v3(send, `datasets/${id}/records`);
    assert.ok(body.records.includes('{"x":1.0,"big":12345678901234567890,"small":1e-400}'));
  }));

Deno.test("pages of records stay valid while records are added", () =>
  withServer(async (send) => {
    const id = await newDataset(send);
    const numbers = (from: number, to: number) =>
      records(...Array.from({ length: to - from }, (_, at) => ({ inputs: { i: from + at } })));
    await v3(send, `datasets/${id}/records`, numbers(0, 25));
    const seen: number[] = [];
    for (let token = "";;) {
      const query = `max_results=10&page_token=${token}`;
      const { body } = await v3(send, `datasets/${id}/records?${query}`);
      for (const { inputs } of JSON.parse(body.records)) seen.push(inputs.i);
      if (seen.length === 10) await v3(send, `datasets/${id}/records`, numbers(0, 30));
      if (!(token = body.next_page_token)) break;
    }
    assert.deepEqual(seen, Array.from({ length: 30 }, (_, at) => at));
  }));

Deno.test("datasets are found by experiment, name, tag and order", () =>
  withServer(async (send) => {
    for (const [name, team] of [["a", "x"], ["c", "y"], ["b", "y"]] as const) {
      const tags = JSON.stringify({ team, n: 1.0, none: null });
      await newDataset(send, { name, tags, experiment_ids: name === "a" ? ["0"] : ["1", "2"] });
    }
    const find = async (sent: object) =>
      ((await v3(send, "datasets/search", sent)).body.datasets ?? []).map(
        ({ name }: { name: string }) => name,
      );
    assert.deepEqual(await find({ experiment_ids: ["0"] }), ["a"]);
    assert.deepEqual(await find({ experiment_ids: ["7"] }), []);
    const by = { order_by: ["name"] };
    assert.deepEqual(await find(by), ["a", "b", "c"]);
    assert.deepEqual(await find({ filter_string: "tags.team = 'y'", ...by }), ["b", "c"]);
    assert.deepEqual(await find({ filter_string: "name IN ('a', 'c')", ...by }), ["a", "c"]);
    const { body } = await v3(send, "datasets/search", { max_results: 2, ...by });
    assert.equal(body.datasets.length, 2);
    assert.deepEqual(await find({ ...by, page_token: body.next_page_token }), ["c"]);
  }));

Deno.test("what is no dataset, record or scorer is refused", () =>
  withServer(async (send) => {
    const id = await newDataset(send);
    const refused: [path: string, json: unknown, method?: string][] = [
      ["datasets/create", {}],
      ["datasets/create", { name: "x", tags: "[1]" }],
      ["datasets/create", { name: "x", tags: '{"a b\\u0001": "1"}' }],
      ["datasets/search", { filter_string: "x y z" }],
      ["datasets/search", { order_by: ["name", "name"] }],
      ["datasets/search", { page_token: "e30" }],
      [`datasets/${id}/records`, {}],
      [`datasets/${id}/records`, { records: "{}" }],
      [`datasets/${id}/records`, { records: "[1]" }],
      [`datasets/${id}/records`, { records: '[{"inputs": NaN}]' }],
      [`datasets/${id}/records`, { records: '[{"inputs": {}, "tags": 1}]' }],
      [`datasets/${id}/tags`, { tags: "1" }, "PATCH"],
      ["scorers/register", { experiment_id: "0", name: "s", serialized_scorer: "{" }],
    ];
    for (const [path, json, method] of refused) {
      assert.equal((await v3(send, path, json, method)).status, 400, JSON.stringify([path, json]));
    }
    for (const path of ["", "/records", "/experiment-ids"]) {
      assert.equal((await v3(send, `datasets/no${path}`)).status, 404);
    }
    assert.equal((await v3(send, "datasets/no/records", records({}))).status, 404);
    assert.equal((await v3(send, "datasets/no/tags", { tags: "{}" }, "PATCH")).status, 404);
    assert.equal((await v3(send, "scorers/get?experiment_id=0&name=no")).status, 404);
    const lost = { experiment_id: "9", name: "s", serialized_scorer: "{}" };
    assert.equal((await v3(send, "scorers/register", lost)).status, 404);
    const names = { constructor: "1", toString: "2" };
    await v3(send, `datasets/${id}/records`, records({ inputs: names, tags: names }));
    const { body } = await v3(send, `datasets/${id}`);
    assert.deepEqual(Object.keys(JSON.parse(body.dataset.schema).inputs), Object.keys(names));
  }));

Deno.test("a client before 3.0 starts a trace, ends it and finds it", () =>
  withServer(async (send) => {
    const v2 = async (path: string, json?: unknown, method?: string) =>
      await (await send(API + path, { ...json !== undefined && { json }, ...method && { method } }))
        .json();
    const { trace_info: started } = await v2("traces", {
      experiment_id: "0",
      timestamp_ms: 1000,
      request_metadata: [{ key: "mlflow.sourceRun", value: "r" }],
      tags: [{ key: "mlflow.traceName", value: "f" }],
    });
    assert.equal(started.status, "IN_PROGRESS");
    const id = started.request_id;
    const place = `${PROXY}0/traces/${id}/artifacts/traces.json`;
    assert.equal(await status(send(place, { method: "PUT", body: "{}" })), 200);
    const ending = { timestamp_ms: 1250, status: "OK", tags: [{ key: "k", value: "v" }] };
    const { trace_info: ended } = await v2(`traces/${id}`, ending, "PATCH");
    assert.deepEqual([ended.execution_time_ms, ended.status], [250, "OK"]);
    const { trace_info } = await v2(`traces/${id}/info`);
    assert.deepEqual(trace_info, ended);
    assert.deepEqual(trace_info.tags.filter(({ key }: { key: string }) => key === "k"), [{
      key: "k",
      value: "v",
    }]);
    const filter = encodeURIComponent("run_id = 'r' AND tags.k = 'v'");
    const { traces } = await v2(`traces?experiment_ids=0&filter=${filter}`);
    assert.deepEqual(traces, [ended]);
    const { trace } = await (await send(`${V3}traces/get?trace_id=${id}`)).json();
    assert.equal(trace.trace_info.execution_duration, "0.25s");
  }));

Deno.test("a search of traces reads all of them, in the order asked for", () =>
  withServer(async (send) => {
    const count = 450;
    for (let at = 0; at < count; at++) {
      await send(`${V3}traces`, {
        json: {
          trace: {
            trace_info: {
              trace_id: `tr-${at}`,
              trace_location: { mlflow_experiment: { experiment_id: "0" } },
              request_time: new Date(1_700_000_000_000 + at).toISOString(),
              execution_duration: `${(at * 7) % count}s`,
              tags: { even: String(at % 2 === 0), text: "trace.x" },
            },
          },
        },
      }).then((answer) => answer.body?.cancel());
    }
    const all = async (more: object) => {
      const ids: string[] = [];
      for (let page_token: string | undefined;;) {
        const sent = { experiment_ids: ["0"], max_results: 100, ...more, page_token };
        const { body } = await v3(send, "traces/search", sent);
        ids.push(...(body.traces ?? []).map(({ trace_id }: { trace_id: string }) => trace_id));
        if (!(page_token = body.next_page_token)) return ids;
      }
    };
    const newest = Array.from({ length: count }, (_, at) => `tr-${count - 1 - at}`);
    assert.deepEqual(await all({}), newest);
    assert.deepEqual(await all({ order_by: ["timestamp_ms ASC"] }), newest.toReversed());
    assert.equal((await all({ filter: "tags.even = 'true'" })).length, count / 2);
    assert.equal((await all({ filter: "tags.text = 'trace.x'" })).length, count);
    const slowest = await all({ order_by: ["execution_time_ms DESC"] });
    assert.deepEqual([new Set(slowest).size, slowest[0]], [count, "tr-257"]);
  }));
