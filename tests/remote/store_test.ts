/** The API of a store that a server has. */
import assert from "node:assert/strict";
import {
  AccessDeniedError,
  EdnValue,
  InvalidNameError,
  InvalidOptionError,
  NotRemoteError,
  openStore,
  ProtocolError,
  ReadOnlyError,
  RunNotFoundError,
  RunStateError,
  ServerUnreachableError,
} from "../../mod.ts";
import { diagnose } from "../../src/maintenance/doctor.ts";
import { parseTokens, parseUsers, signIn } from "../../src/server/sign_in.ts";
import { Connection } from "../../src/remote/connection.ts";
import { TestServer, withRemote } from "../support/remote.ts";

Deno.test("runs, params, tags, metrics and datasets are the same on both sides", () =>
  withRemote(async (remote, local) => {
    const run = await remote.startRun({ experiment: "iris", name: "first", tags: { a: "1" } });
    await run.logParams({ lr: 0.1, n: 10n, split: EdnValue.of("1/3"), when: new Date(5) });
    for (let step = 0; step < 5; step++) run.log({ loss: step === 3 ? NaN : 1 / step }, { step });
    await run.setTags({ b: "2", a: null });
    await remote.runs.logDataset(run.id, { role: "train", rows: 5, features: ["x"] });
    await remote.metrics.summary(run.id);
    for (const store of [remote, local]) {
      const params = await store.runs.params(run.id);
      assert.deepEqual(params, {
        lr: 0.1,
        n: 10n,
        split: EdnValue.of("1/3"),
        when: new Date(5),
      });
      const found = await store.runs.get(run.id);
      assert.deepEqual([found.experiment, found.name, found.tags], ["iris", "first", { b: "2" }]);
      assert.ok(found.startTime instanceof Date);
      const { values, steps } = await store.metrics.curve(run.id, "loss");
      assert.deepEqual([...values], [Infinity, 1, 0.5, NaN, 0.25]);
      assert.deepEqual([...steps], [0, 1, 2, 3, 4]);
      assert.equal((await store.runs.datasets(run.id))[0]!.rows, 5);
      const query = { experiment: "iris", params: { lr: { lt: 1 } }, since: new Date(0) };
      assert.deepEqual((await store.runs.list(query)).map(({ id }) => id), [run.id]);
    }
    assert.deepEqual(await remote.runs.get(run.id), await local.runs.get(run.id));
    await run.end();
    assert.equal((await local.runs.get(run.id)).status, "completed");
    await remote.runs.remove(run.id);
    assert.equal((await local.runs.list()).length, 0);
  }));

Deno.test("errors of the server are those of a store here", () =>
  withRemote(async (remote) => {
    await assert.rejects(remote.runs.get("none"), RunNotFoundError);
    const run = await remote.startRun({ id: "r" });
    await assert.rejects(remote.startRun({ id: "r" }), RunStateError);
    await run.logParams({ a: 1 });
    await assert.rejects(run.logParams({ a: 2 }), RunStateError);
    await assert.rejects(remote.startRun({ id: "a/b" }), InvalidNameError);
  }));

Deno.test("what needs the store's own files says so", () =>
  withRemote(async (remote) => {
    await assert.rejects(remote.backup("/nowhere"), NotRemoteError);
    await assert.rejects(remote.dedup(), NotRemoteError);
  }));

Deno.test("doctor finds no problem in a store of a server", () =>
  withRemote(async (_, local, server) => {
    await local.startRun({ id: "r" });
    const states: string[] = [];
    for await (const { state } of diagnose({ path: server.url })) states.push(state);
    assert.ok(states.includes("ok") && !states.includes("problem"), states.join());
  }));

Deno.test("a token is sent; another, or none, is refused in words", async () => {
  const authenticate = signIn(parseTokens("writer-token\nreader-token reader"), []);
  await withRemote(
    async (remote, _, server) => {
      await remote.startRun({ id: "r" });
      const path = server.url;
      await assert.rejects(openStore({ path }), { name: "AccessDeniedError" });
      await assert.rejects(openStore({ path, token: "wrong" }), AccessDeniedError);
      await using reader = await openStore({ path, token: "reader-token" });
      assert.equal((await reader.runs.get("r")).id, "r");
      await assert.rejects(reader.startRun(), AccessDeniedError);
    },
    { token: "writer-token" },
    { authenticate },
  );
});

Deno.test("a name and a password in the address are sent, and not shown", async () => {
  await using local = await openStore({ inMemory: true, driver: "builtin" });
  const authenticate = signIn([], parseUsers("ann:writer:s/e:c@r"));
  await using server = await TestServer.start(local, { authenticate });
  const url = new URL(server.url);
  [url.username, url.password] = ["ann", encodeURIComponent("s/e:c@r")];
  await using remote = await openStore({ path: url });
  await remote.startRun({ id: "r" });
  assert.equal((await local.runs.get("r")).id, "r");
  assert.ok(!Deno.inspect(remote).includes("s/e") && !remote.location.database!.includes("ann"));
  url.password = "wrong";
  await assert.rejects(openStore({ path: url }), AccessDeniedError);
});

Deno.test("a read-only server refuses writes, and is known to", () =>
  withRemote(
    async (remote) => {
      assert.deepEqual(await remote.runs.list(), []);
      await assert.rejects(remote.startRun(), ReadOnlyError);
    },
    {},
    { readOnly: true },
  ));

Deno.test("an address without a chachaml server is refused in words", async () => {
  const answers: [number, string, Record<string, string>][] = [
    [200, "<html>", {}],
    [404, "<html>", {}],
    [404, '{"error": "There is no POST"}', {}],
    [302, "", { location: "http://127.0.0.1:1/" }],
  ];
  for (const [status, body, headers] of answers) {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response(body, { status, headers }),
    );
    const path = `http://127.0.0.1:${server.addr.port}`;
    await assert.rejects(openStore({ path }), ProtocolError, `${status} ${body}`);
    await server.shutdown();
    await assert.rejects(openStore({ path }), ServerUnreachableError);
  }
});

Deno.test("a server of another protocol is refused in words", async () => {
  for (const [protocol, words] of [[0, /older/], [99, /newer/]] as const) {
    const hello = { protocol, instance: "x", version: "0", readOnly: false, now: 0 };
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => Response.json(hello),
    );
    const path = `http://127.0.0.1:${server.addr.port}`;
    await assert.rejects(openStore({ path }), words);
    await server.shutdown();
  }
});

Deno.test("a token goes to a server only, and a server has no artifact directory", async () => {
  await assert.rejects(openStore({ path: "x.db", token: "t" }), InvalidOptionError);
  const path = "http://127.0.0.1:1";
  await assert.rejects(openStore({ path, artifactDir: "x" }), InvalidOptionError);
  await assert.rejects(openStore({ path, token: "a b" }), InvalidOptionError);
});

Deno.test("a server answers nobody who does not speak its protocol", async () => {
  await using local = await openStore({ inMemory: true, driver: "builtin" });
  await using server = await TestServer.start(local);
  const call = (path: string, headers: Record<string, string>, body = "[]") =>
    fetch(`${server.url}/api/store/${path}`, { method: "POST", headers, body });
  for (
    const [path, headers, body, status] of [
      ["read/hello", {}, "[]", 400],
      ["read/hello", { "chachaml-protocol": "9" }, "[]", 400],
      ["read/hello", { "chachaml-protocol": "1" }, "{", 400],
      ["read/hello", { "chachaml-protocol": "1" }, "[1]", 400],
      ["read/constructor", { "chachaml-protocol": "1" }, "[]", 404],
      ["read/runs.start", { "chachaml-protocol": "1" }, "[{}]", 404],
      ["write/runs.start", { "chachaml-protocol": "1" }, "[{}]", 400],
      ["read/runs.get", { "chachaml-protocol": "1" }, "[5]", 400],
    ] as const
  ) {
    const response = await call(path, headers, body);
    assert.equal(response.status, status, `${path} ${body}`);
    await response.body?.cancel();
  }
  assert.deepEqual(await local.runs.list(), []);
});

Deno.test("several versions in production are refused, whatever a caller sends", () =>
  withRemote(async (_, local, server) => {
    const run = await local.startRun({ id: "r" });
    await run.put("m", "x");
    await local.models.register("m", { runId: "r", artifact: "m", stage: "production" });
    const version = {
      model: "m",
      modelDescription: null,
      version: 2,
      runId: "r",
      artifact: { name: "m" },
      stage: "production",
      description: null,
    };
    const before = { latest: 1, production: [1] };
    const connection = new Connection(server.url, {}, 0);
    const add = (version: object) =>
      connection.call("write", "models.addVersion", [version, new Map(), before]);
    await assert.rejects(add(version), InvalidOptionError);
    await assert.rejects(add({ ...version, version: 7, stage: "none" }), InvalidOptionError);
    const stages = new Map([[2, "production"]]);
    await assert.rejects(
      connection.call("write", "models.setStages", ["m", stages, before]),
      InvalidOptionError,
    );
    assert.equal((await local.models.versions("m")).length, 1);
  }));
