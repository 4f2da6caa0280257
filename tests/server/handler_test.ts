/** The server without a client: guards, hostile input, bytes. */
import assert from "node:assert/strict";
import { parseTokens, parseUsers, signIn } from "../../src/server/sign_in.ts";
import { hashPassword } from "../../src/server/mod.ts";
import type { Sent } from "../support/serving.ts";
import { testOnFiles } from "../support/helpers.ts";
import { API, PROXY, startRun, status, withServer } from "../support/mlflow_helpers.ts";

Deno.test("health and version answer whoever asks, under any host name", () =>
  withServer(async (send) => {
    for (const path of ["/health", "/version"]) {
      assert.equal(await status(send(path, { headers: { host: "evil.example" } })), 200);
    }
    const metrics = await (await send("/metrics")).text();
    assert.match(metrics, /^chachaml_requests_total\{method="GET",status="200"\} 2$/m);
  }));

Deno.test("a request under another host name is refused, and says how to allow it", () =>
  withServer(async (send) => {
    const answer = await send(`${API}experiments/get?experiment_id=0`, {
      headers: { host: "evil.example:5000" },
    });
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /--allow-host/);
    for (const host of ["localhost", "LOCALHOST:5000", "127.0.0.1:1", "[::1]:5000"]) {
      const path = `${API}experiments/get?experiment_id=0`;
      assert.equal(await status(send(path, { headers: { host } })), 200, host);
    }
  }));

Deno.test("a page of another site cannot write, unless its origin is allowed", async () => {
  const json = { experiment_id: "0" };
  const foreign = { origin: "https://evil.example" };
  await withServer(async (send) => {
    assert.equal(await status(send(`${API}runs/create`, { json, headers: foreign })), 403);
    const crossSite = { "sec-fetch-site": "cross-site" };
    assert.equal(await status(send(`${API}runs/create`, { json, headers: crossSite })), 403);
    const own = { origin: "http://localhost:5000" };
    assert.equal(await status(send(`${API}runs/create`, { json, headers: own })), 200);
    // A form can send this without being asked.
    const plain = await send(`${API}runs/create`, {
      body: JSON.stringify(json),
      headers: { "content-type": "text/plain" },
    });
    assert.equal(plain.status, 400);
    await plain.body?.cancel();
  });
  await withServer(
    async (send) =>
      assert.equal(await status(send(`${API}runs/create`, { json, headers: foreign })), 200),
    { origins: ["https://evil.example"] },
  );
});

Deno.test("callers sign in by token or password, and do what their role allows", async () => {
  const hashed = await hashPassword("geheim");
  const authenticate = signIn(
    parseTokens("t-write\n# comment\nt-read reader Reader One\n"),
    parseUsers(`ana:admin:${hashed}\nbob::pw:with:colons\n`),
  );
  await withServer(async (send, store) => {
    const json = { experiment_id: "0" };
    const read = `${API}experiments/get?experiment_id=0`;
    const basic = (text: string) => ({
      authorization: `Basic ${new TextEncoder().encode(text).toBase64()}`,
    });
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    assert.equal(await status(send(read)), 401);
    assert.equal(await status(send("/health")), 200);
    for (
      const headers of [
        bearer("t-wrong"),
        bearer(""),
        basic("ana:wrong"),
        basic("ana"),
        basic("eve:geheim"),
        { authorization: "Basic %%%" },
      ]
    ) {
      assert.equal(await status(send(read, { headers })), 401);
    }
    for (
      const headers of [
        bearer("t-read"),
        bearer("t-write"),
        basic("ana:geheim"),
        basic("bob:pw:with:colons"),
        basic("any:t-write"),
      ]
    ) {
      assert.equal(await status(send(read, { headers })), 200);
    }
    assert.equal(await status(send(`${API}runs/create`, { json, headers: bearer("t-read") })), 403);
    const search = { json: { experiment_ids: ["0"] }, headers: bearer("t-read") };
    assert.equal(await status(send(`${API}runs/search`, search)), 200);
    assert.equal(
      await status(send(`${API}runs/create`, { json, headers: basic("ana:geheim") })),
      200,
    );
    assert.deepEqual((await store.runs.list()).map(({ createdBy }) => createdBy), ["ana"]);
  }, { authenticate });
  assert.throws(() => parseTokens("# nothing\n"), /names no token/);
  assert.throws(() => parseUsers("ana:owner:x"), /line 1/);
});

Deno.test("a read-only server refuses what writes, and answers what reads", () =>
  withServer(async (send) => {
    assert.equal(await status(send(`${API}runs/create`, { json: {} })), 403);
    assert.equal(await status(send(`${API}runs/search`, { json: { experiment_ids: ["0"] } })), 200);
    assert.equal(await status(send(`${PROXY}0/r/artifacts/a`, { method: "PUT", body: "x" })), 403);
  }, { readOnly: true }));

/** Paths of artifacts that lead, or could be taken to lead, somewhere else. */
const HOSTILE_PATHS = [
  "..%2f..%2fetc%2fpasswd",
  "%2e%2e/%2e%2e/etc/passwd",
  "a/..%5c..%5cx",
  "a%00b",
  "a//b",
  "%252e%252e/x",
  "/etc/passwd",
  "C:%5cx",
  "file:%2f%2f%2fetc",
  "a%2fb",
  ".staging/x%2f..",
  "a/%ff",
];

Deno.test("hostile artifact paths are refused as the client's mistake, and store nothing", () =>
  withServer(async (send, store) => {
    const run = await startRun(send);
    for (const path of HOSTILE_PATHS) {
      const place = `${PROXY}0/${run}/artifacts/${path}`;
      for (const method of ["PUT", "GET", "DELETE"]) {
        const body = method === "PUT" ? { body: "x" } : {};
        const code = await status(send(place, { method, ...body }));
        assert.ok(code >= 400 && code < 500, `${method} ${path}: ${code}`);
      }
      const query = `${API}artifacts/list?run_id=${run}&path=${path}`;
      const code = await status(send(query));
      assert.ok(code < 500, `list ${path}: ${code}`);
      const link = `/get-artifact?run_uuid=${run}&path=${path}`;
      assert.ok(await status(send(link)) < 500, link);
    }
    for (
      const place of [
        "0/nosuch/artifacts/a",
        "x/../y",
        "0",
        "",
        "0/models/m-1/artifacts/a",
        "not-a-run/x",
      ]
    ) {
      const code = await status(send(`${PROXY}${place}`, { method: "PUT", body: "x" }));
      assert.ok(code >= 400 && code < 500, `${place}: ${code}`);
    }
    assert.deepEqual(await store.artifacts.find({}), []);
  }));

Deno.test("nothing of a client makes the server fail", () =>
  withServer(async (send) => {
    const run = await startRun(send);
    const json = (value: unknown) => ({ json: value });
    const bodies: [string, Sent][] = [
      ["runs/log-metric", json({ run_id: run, key: "a", value: "zz" })],
      ["runs/log-metric", json({ run_id: run, key: "../a", value: 1 })],
      ["runs/log-metric", json({ run_id: run, key: "a", value: 1, step: 1.5 })],
      ["runs/log-metric", json({ run_id: run, key: "a\u0000", value: 1 })],
      ["runs/log-metric", {
        body: `{"run_id":"${run}","key":"a","value":1,"step":9223372036854775807}`,
        headers: { "content-type": "application/json" },
      }],
      ["runs/log-batch", json({ run_id: run, metrics: [{ key: "a", value: "zz" }] })],
      ["runs/log-batch", json({ run_id: run, metrics: "x" })],
      ["runs/log-batch", json({ run_id: run, metrics: Array(1001).fill({ key: "a", value: 1 }) })],
      ["runs/log-batch", json([])],
      ["runs/log-batch", { body: "{", headers: { "content-type": "application/json" } }],
      ["runs/log-batch", {
        body: new Uint8Array([0xff, 0xfe]),
        headers: { "content-type": "application/json" },
      }],
      ["runs/set-tag", json({ run_id: run, key: "\ud800", value: "x" })],
      ["runs/update", json({ run_id: run, status: "DONE" })],
      ["runs/create", json({ experiment_id: "999" })],
      ["runs/create", json({ experiment_id: {} })],
      ["runs/search", json({ experiment_ids: ["0"], filter: "metrics.a >" })],
      ["runs/search", json({ experiment_ids: ["0"], filter: "x'\"`(" })],
      ["runs/search", json({ experiment_ids: ["0"], order_by: ["metrics.a", "metrics.a"] })],
      ["runs/search", json({ experiment_ids: ["0"], page_token: "%%%" })],
      ["runs/search", json({ experiment_ids: ["0"], max_results: 0 })],
      ["experiments/create", json({})],
      ["experiments/create", json({ name: "x", artifact_location: "file:///tmp/zz" })],
      ["experiments/create", json({ name: "x", artifact_location: "mlflow-artifacts:/../../etc" })],
      ["experiments/create", json({ name: "x".repeat(501) })],
      ["experiments/delete", json({ experiment_id: "0" })],
      ["registered-models/create", json({ name: "a/b" })],
      ["model-versions/create", json({ name: "nosuch", source: "file:///etc/passwd" })],
      ["nosuch", json({})],
    ];
    for (const [path, sent] of bodies) {
      const answer = await send(API + path, sent);
      const { error_code, message } = await answer.json();
      assert.ok(
        answer.status >= 400 && answer.status < 500,
        `${path}: ${answer.status} ${message}`,
      );
      assert.match(error_code, /^[A-Z_]+$/);
      assert.doesNotMatch(message, /SQLite|SQLITE|node:|at file:/);
    }
    const answer = await send(`${API}runs/get?run_id=${run}`);
    assert.deepEqual((await answer.json()).run.data, {
      tags: [{
        key: "mlflow.runName",
        value: (await (await send(`${API}runs/get?run_id=${run}`)).json()).run.info.run_name,
      }],
    });
  }));

testOnFiles(
  "what the server itself got wrong is reported to its operator, and not to the client",
  async () => {
    const failures: unknown[] = [];
    await withServer(async (send, store) => {
      const run = await startRun(send);
      await store.artifacts.put(run, "a", "x");
      await Deno.remove(`${store.artifactDir}/${run}/a`);
      const answer = await send(`${PROXY}0/${run}/artifacts/a`);
      const { message } = await answer.json();
      assert.equal(answer.status, 500);
      assert.doesNotMatch(message, /at file:|os error/);
      assert.equal(failures.length, 1);
    }, { onFailure: (error) => failures.push(error) });
  },
);

Deno.test("a path parameter is decoded once", () =>
  withServer(async (send) => {
    for (const id of ["100%", "100%25", "a/b", "a b", "ü"]) {
      const answer = await send(`${API}logged-models/${encodeURIComponent(id)}`);
      assert.equal(answer.status, 404);
      assert.ok((await answer.json()).message.includes(`'${id}'`), id);
    }
  }));
