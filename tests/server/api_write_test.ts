/** The HTTP API as it writes: logging, uploads, changes. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { withApi } from "../support/api_helpers.ts";
import { parseTokens, signIn } from "../../src/server/sign_in.ts";

Deno.test("a run is logged from start to end", () =>
  withApi(async ({ get, problem, store }) => {
    const parent = await get("/api/w/runs", { json: { experiment: "iris" } });
    assert.deepEqual(Object.keys(parent).sort(), ["experiment", "id", "start-time", "status"]);
    const run = await get("/api/w/runs", {
      json: {
        name: "r1",
        tags: { owner: "ana" },
        created_by: "ana",
        parent_run_id: parent.id,
        env: { python: "3.12" },
      },
    });
    assert.deepEqual(
      [run.experiment, run["parent-run-id"], run["created-by"], run.tags, run.env],
      ["iris", parent.id, "ana", { owner: "ana" }, { python: "3.12" }],
    );
    const at = `/api/w/runs/${run.id}`;
    const ok = { ok: true };
    assert.deepEqual(await get(`${at}/params`, { json: { lr: 0.1, layers: [64, 10] } }), ok);
    assert.deepEqual(await get(`${at}/params`, { json: { lr: 0.1 } }), ok);
    assert.deepEqual(await get(`${at}/metrics`, { json: { loss: 0.5, acc: "NaN", step: 3 } }), ok);
    assert.deepEqual(
      await get(`${at}/metrics`, { json: { metrics: { step: 7 }, step: 4, timestamp: 1000 } }),
      ok,
    );
    const points = [{ key: "loss", value: 0.25, step: 5, timestamp: 2000 }];
    assert.deepEqual(await get(`${at}/metrics`, { json: { points } }), ok);
    await get(`${at}/datasets`, { json: { "n-rows": 150, "source": "iris.csv" } });
    await get(`/api/tags/${run.id}`, { json: { key: "k", value: "v" } });
    await get(`/api/tags/${run.id}`, { json: { key: "owner", value: null } });
    await get(`/api/note/${run.id}`, { json: { note: "# Note" } });
    const ended = await get(`${at}/end`, { json: { error: "out of memory" } });
    assert.deepEqual([ended.ok, ended.status, ended.error], [true, "failed", "out of memory"]);
    const found = await get(`/api/runs/${run.id}`);
    assert.deepEqual(found.params, { lr: 0.1, layers: [64, 10] });
    assert.deepEqual(found.tags, { k: "v", note: "# Note" });
    assert.deepEqual(
      found.metrics.map(({ key, value, step }: Record<string, unknown>) => [key, value, step]),
      [["acc", "NaN", 3], ["loss", 0.5, 3], ["loss", 0.25, 5], ["step", 7, 4]],
    );
    assert.equal(found.datasets[0].source, "iris.csv");
    for (
      const [path, json, status, words] of [
        [`${at}/params`, { lr: 0.2 }, 409, /"force": true|params never change/],
        [`${at}/metrics`, { loss: "high" }, 400, /"loss" takes a number/],
        [`${at}/metrics`, { loss: null }, 400, /"loss" takes a number/],
        [`${at}/metrics`, { points: [{ key: "a" }] }, 400, /"value" takes a number/],
        [`${at}/metrics`, { metrics: { a: 1 }, setp: 1 }, 400, /did you mean step/],
        [`${at}/metrics`, [1], 400, /must be a JSON object/],
        [`${at}/end`, {}, 409, /ended already, as failed/],
        [`${at}/end`, { status: "bogus" }, 400, /"completed" or "failed"/],
        ["/api/w/runs", { id: run.id }, 409, /./],
        ["/api/w/runs", { experimnt: "a" }, 400, /did you mean experiment/],
        ["/api/w/runs", { tags: { a: 1 } }, 400, /must be text/],
        ["/api/w/runs", { parent_run_id: "nope" }, 404, /nope/],
        ["/api/w/runs/nope/params", { a: 1 }, 404, /nope/],
        ["/api/w/runs/nope/metrics", { a: 1 }, 404, /nope/],
        ["/api/w/runs/nope/end", {}, 404, /GET \/api\/runs/],
        ["/api/tags/nope", { key: "a", value: "b" }, 404, /nope/],
        [`/api/tags/${run.id}`, { key: "k" }, 400, /needs "value"/],
        [`/api/note/${run.id}`, {}, 400, /needs "note"/],
        [`${at}/metrics`, { points: [], loss: 1 }, 400, /takes points/],
        ["/api/note/nope", { note: "b" }, 404, /nope/],
        ["/api/chat", {}, 501, /MCP/],
      ] as const
    ) {
      const found = await problem(path, { json });
      assert.equal(found.status, status, `${path} ${JSON.stringify(json)} ${found.error}`);
      assert.match(found.error, words);
    }
    assert.equal((await store.runs.list()).length, 2);
  }));

Deno.test("a program may leave out the content type, a page may not", () =>
  withApi(async ({ get, problem }) => {
    const body = '{"experiment": "iris"}';
    const form = { "content-type": "application/x-www-form-urlencoded" };
    assert.equal((await get("/api/w/runs", { body, headers: form })).experiment, "iris");
    const origin = { origin: "http://localhost:5000" };
    const found = await problem("/api/w/runs", { body, headers: { ...form, ...origin } });
    assert.equal(found.status, 400);
    const foreign = { origin: "https://evil.example" };
    assert.equal((await problem("/api/w/runs", { json: {}, headers: foreign })).status, 403);
  }));

Deno.test("bytes are stored as they come, if they have the hash that the client says", () =>
  withApi(async ({ get, problem, store }) => {
    const { id } = await store.startRun();
    const bytes = new Uint8Array(300_000).map((_, at) => at * at);
    const hash = createHash("sha256").update(bytes).digest();
    const at = `/api/w/runs/${id}/artifacts`;
    const stored = await get(`${at}?name=models/w.bin&sha256=${hash.toString("hex")}`, {
      body: bytes,
    });
    assert.deepEqual([stored.size, stored.hash, stored.name], [
      300_000,
      hash.toString("hex"),
      "models/w.bin",
    ]);
    const digest = { "content-digest": `sha-256=:${hash.toString("base64")}:` };
    assert.equal((await get(`${at}?name=b`, { body: bytes, headers: digest })).size, 300_000);
    const csv = { "content-type": "text/csv" };
    const typed = await get(`${at}?name=c`, { body: "a,b", headers: csv });
    assert.equal(typed["content-type"], "text/csv");
    assert.equal((await get(`${at}?name=empty`, { method: "POST" })).size, 0);
    assert.equal((await get(`${at}?name=c&if_exists=same`, { body: "a,b" })).id, typed.id);
    const other = await get(`${at}?name=c&if_exists=replace`, { body: "c,d,e" });
    assert.deepEqual([other.id, other.size], [typed.id, 5]);
    // What `curl -F` and `files=` of Python's requests send is no artifact.
    const form = new FormData();
    form.append("file", new Blob([bytes]), "w.bin");
    const refused = await problem(`${at}?name=form`, { body: form });
    assert.deepEqual([refused.status, /A form cannot be stored/.test(refused.error)], [400, true]);
    assert.match((await problem(at, { body: bytes })).error, /not UTF-8 text; bytes need \?name=/);
    for (
      const [query, headers, status, words] of [
        [`?name=x&sha256=${hash.toString("hex")}`, {}, 400, /have the SHA-256/],
        ["?name=x&sha256=abc", {}, 400, /64 hex/],
        ["?name=x", digest, 400, /have the SHA-256/],
        ["?name=x", { "content-digest": "md5=:abc:" }, 400, /Content-Digest/],
        ["?name=c", {}, 409, /"c"/],
        ["?name=../../evil", {}, 400, /evil/],
        ["?name=", {}, 400, /./],
        ["", { "content-type": "application/octet-stream" }, 400, /\?name=NAME/],
      ] as const
    ) {
      const found = await problem(`${at}${query}`, { body: "other", headers });
      assert.equal(found.status, status, `${query} ${found.error}`);
      assert.match(found.error, words);
    }
    assert.deepEqual((await store.artifacts.list(id)).map(({ name }) => name).sort(), [
      "b",
      "c",
      "empty",
      "models/w.bin",
    ]);
    const nowhere = await problem("/api/w/runs/nope/artifacts?name=x", { body: "x" });
    assert.equal(nowhere.status, 404);
  }));

Deno.test("a value is stored in the format that is asked for, and never a file of the server", () =>
  withApi(async ({ get, problem, store }) => {
    const { id } = await store.startRun();
    const at = `/api/w/runs/${id}/artifacts`;
    const kept = async (json: { name: string; [member: string]: unknown }) => {
      const { "content-type": type } = await get(at, { json });
      return [type, await (await store.artifacts.get(id, json.name)).text()];
    };
    assert.deepEqual(await kept({ name: "a", value: { lr: 0.1 } }), [
      "application/json",
      '{"lr":0.1}',
    ]);
    assert.deepEqual(await kept({ name: "b", value: { lr: 0.1 }, format: "edn" }), [
      "application/edn",
      "{:lr 0.1}",
    ]);
    assert.deepEqual(await kept({ name: "c", value: "# A", format: "md" }), [
      "text/markdown",
      "# A",
    ]);
    assert.equal((await kept({ name: "d", value: "AAEC", format: "bytes" }))[1], "\0\x01\x02");
    for (
      const [json, words] of [
        [{ name: "x", value: "/etc/passwd", format: "file" }, /never reads a file/],
        [{ name: "x", value: 1, format: "nippy" }, /json, edn, md or bytes/],
        [{ name: "x", value: "?", format: "bytes" }, /Base64/],
        [{ name: "x" }, /"value"/],
        [{ name: "../x", value: 1 }, /x/],
      ] as const
    ) {
      const found = await problem(at, { json });
      assert.equal(found.status, 400);
      assert.match(found.error, words);
    }
  }));

Deno.test("models are registered, promoted and described", () =>
  withApi(async ({ get, problem, store }) => {
    const run = await store.startRun();
    await run.put("w", "w");
    const json = { model_name: "net", run_id: run.id, artifact: "w", stage: "production" };
    const first = await get("/api/w/models", { json });
    assert.deepEqual([first["model-name"], first.version, first.stage], ["net", 1, "production"]);
    const { model_name: name, ...rest } = json;
    await get("/api/w/models", { json: { ...rest, name, stage: "none" } });
    await get("/api/models/net/promote", { json: { version: 2 } });
    const stages = (await get("/api/models/net")).versions
      .map(({ stage }: { stage: string }) => stage);
    assert.deepEqual(stages, ["archived", "production"]);
    assert.equal(
      (await get("/api/models/net/describe", { json: { description: "A net" } }))
        .description,
      "A net",
    );
    await get("/api/model-note/net", { json: { note: "Another" } });
    assert.equal((await get("/api/models"))[0].description, "Another");
    for (
      const [path, json, status] of [
        ["/api/w/models", { run_id: run.id, artifact: "w" }, 400],
        ["/api/w/models", { name: "net", run_id: run.id, artifact: "nope" }, 404],
        ["/api/w/models", { name: "net", run_id: "nope", artifact: "w" }, 404],
        ["/api/models/net/promote", { version: 9 }, 404],
        ["/api/models/net/promote", { version: "1", stage: "bogus" }, 400],
        ["/api/models/net/promote", {}, 400],
        ["/api/models/nope/describe", { description: "" }, 404],
        // What is left out by mistake must not remove a description.
        ["/api/models/net/describe", {}, 400],
        ["/api/model-note/net", {}, 400],
        ["/api/model-note/nope", { note: "" }, 404],
      ] as const
    ) {
      assert.equal((await problem(path, { json })).status, status, path + JSON.stringify(json));
    }
  }));

Deno.test("runs are edited, archived, brought back and removed, each for itself", () =>
  withApi(async ({ get, problem, store }) => {
    const [a, b] = [
      await store.startRun({ name: "a" }),
      await store.startRun({ tags: { k: "1" } }),
    ];
    await a.end();
    const edited = await get(`/api/runs/${b.id}/edit`, {
      json: { name: "b", note: "n", tags: { k: null, x: "y" } },
    });
    assert.deepEqual([edited.name, edited.tags], ["b", { note: "n", x: "y" }]);
    const ids = [a.id, b.id];
    const archived = await get("/api/runs/archive", { json: { ids } });
    assert.deepEqual([archived.done, archived.failed[0].id], [[a.id], b.id]);
    assert.match(archived.failed[0].error, /end it first/);
    assert.equal((await problem("/api/runs/archive", { json: { ids: [b.id] } })).status, 409);
    assert.deepEqual((await get("/api/runs/unarchive", { json: { ids: [a.id] } })).done, [a.id]);
    const removed = await get("/api/runs/remove", { json: { ids: [a.id, "nope"] } });
    assert.deepEqual([removed.done, removed.failed[0].id], [[a.id], "nope"]);
    assert.equal((await problem("/api/runs/remove", { json: { ids: [] } })).status, 400);
    await get("/api/experiments/iris/describe", { json: { description: "Flowers" } });
    assert.equal(
      (await store.experiments.list()).find(({ name }) => name === "iris")
        ?.description,
      "Flowers",
    );
  }));

Deno.test("exports are CSV, JSON and tar, of some runs or of an experiment", () =>
  withApi(async ({ get, send, problem, store }) => {
    const runs = [];
    for (const name of ["r1", 'r"2']) {
      const run = await store.startRun({ experiment: "iris", name });
      await run.logParams({ lr: 0.1, name: "adam" });
      await run.logMetrics({ loss: 0.5, lr: 1 });
      await run.put("plots/a.txt", name);
      runs.push(run.id);
    }
    const csv = await (await send("/api/export?experiment=iris")).text();
    const [head, newest] = csv.split("\n");
    assert.equal(
      head,
      '"duration","end-time","experiment","id","loss","metrics.lr","name","params.lr",' +
        '"params.name","start-time","status"',
    );
    assert.match(newest!, /"0.5","1","r""2","0.1","adam"/);
    const some = await (await send(
      `/api/export?format=json&filter=${encodeURIComponent("name = 'r1'")}&sort=name`,
    )).json();
    assert.deepEqual(some.map(({ name }: { name: string }) => name), ["r1"]);
    const json = await get(`/api/export?format=json&ids=${runs[0]}`);
    assert.deepEqual(json.map(({ id }: { id: string }) => id), [runs[0]]);
    const tar = await send(`/api/export?format=tar&ids=${runs}`);
    const dir = await Deno.makeTempDir();
    try {
      await Deno.writeFile(`${dir}/a.tar`, tar.body!);
      const files = await send(`/api/runs/${runs[0]}/files.tar?prefix=plots`);
      await Deno.writeFile(`${dir}/b.tar`, files.body!);
      const list = async (file: string) => {
        const { stdout } = await new Deno.Command("tar", { args: ["tf", file], cwd: dir }).output();
        return new TextDecoder().decode(stdout).trim().split("\n");
      };
      assert.deepEqual((await list("a.tar")).slice(1), runs.map((id) => `${id}/plots/a.txt`));
      assert.deepEqual(await list("b.tar"), ["plots/a.txt"]);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
    for (
      const [path, status] of [
        ["/api/export?ids=nope", 404],
        ["/api/export?format=xml", 400],
        [`/api/export?ids=${runs}&experiment=iris`, 400],
        [`/api/export?ids=${runs}&filter=name='r1'`, 400],
        ["/api/export?filter=nope", 400],
        [`/api/runs/${runs[0]}/files.tar?prefix=nope`, 404],
        ["/api/runs/nope/files.tar", 404],
      ] as const
    ) {
      assert.equal((await problem(path)).status, status, path);
    }
  }));

Deno.test("health and sizes are answered, and pipelines where there are none", () =>
  withApi(async ({ get, problem, store }) => {
    const run = await store.startRun({ experiment: "iris" });
    for (const name of ["a", "b", "c"]) await run.put(name, "same");
    assert.deepEqual(await get("/api/sizes"), {
      experiments: [{ name: "iris", artifacts: 3, bytes: 12 }],
      duplicates: { artifacts: 2, bytes: 8 },
    });
    const { checks } = await get("/api/health");
    assert.ok(checks.length >= 5);
    assert.deepEqual(await get("/api/pipelines"), []);
    assert.equal((await problem("/api/pipelines/p")).status, 404);
  }));

Deno.test("who may only read is refused every write, in the API's own JSON", async () => {
  const authenticate = signIn(parseTokens("t-read reader\nt-write writer ana\n"), []);
  await withApi(async ({ get, problem }) => {
    const headers = { authorization: "Bearer t-read" };
    assert.equal((await problem("/api/runs")).status, 401);
    assert.match((await problem("/api/runs")).error, /Sign in/);
    assert.deepEqual(await get("/api/runs", { headers }), []);
    const refused = await problem("/api/w/runs", { json: {}, headers });
    assert.deepEqual([refused.status, typeof refused.error], [403, "string"]);
    const run = await get("/api/w/runs", {
      json: { created_by: "eve" },
      headers: { authorization: "Bearer t-write" },
    });
    assert.equal(run["created-by"], "ana");
    const store = await get("/api/store", { headers });
    assert.deepEqual([store.role, store.user], ["reader", undefined]);
  }, { authenticate });
  await withApi(async ({ problem }) => {
    const { status, error } = await problem("/api/w/runs", { json: {} });
    assert.equal(status, 403);
    assert.match(error, /read-only/);
  }, { readOnly: true });
});
