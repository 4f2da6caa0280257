/** The OpenAPI document: valid, and true of every endpoint. */
import assert from "node:assert/strict";
import { Hono } from "npm:hono@~4.13.0";
import { addApi, openApiDocument } from "../../src/server/api/app.ts";
import type { GuardEnv } from "../../src/server/guard.ts";
import { called, withApi } from "../support/api_helpers.ts";
import { withStore } from "../support/helpers.ts";
import type { Sent } from "../support/serving.ts";

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
  }[];
}

Deno.test("every endpoint of the document is called, and answers in its shape", () =>
  withApi(async ({ get, send, store }) => {
    const run = await store.startRun({ experiment: "iris" });
    const other = await store.startRun({ experiment: "iris" });
    await run.logParams({ lr: 0.1 });
    await run.logMetrics({ loss: 1 });
    const { id } = await run.put("w", "w");
    await run.registerModel("net", { artifact: "w" });
    const ids = { ids: [run.id] };
    const examples: Record<string, [path: string, sent?: Sent][]> = {
      JSON: [
        ["/api/store"],
        ["/api/table?sort=metrics.loss"],
        ["/api/columns"],
        [`/api/curves?runs=${run.id}`],
        ["/api/runs"],
        [`/api/runs/${run.id}`],
        ["/api/search?metric_key=loss&metric_value=1"],
        [`/api/tags/${run.id}`],
        [`/api/datasets/${run.id}`],
        ["/api/experiments"],
        [`/api/runs/${run.id}/files`],
        [`/api/artifacts/${id}`],
        [`/api/compare?ids=${run.id},${other.id}`],
        ["/api/diff/net/1/1"],
        ["/api/models"],
        ["/api/models/net"],
        ["/api/health"],
        ["/api/sizes"],
        ["/api/pipelines"],
        ["/api/w/runs", { json: {} }],
        [`/api/w/runs/${run.id}/params`, { json: { a: 1 } }],
        [`/api/w/runs/${run.id}/metrics`, { json: { a: 1 } }],
        [`/api/w/runs/${run.id}/datasets`, { json: {} }],
        [`/api/w/runs/${run.id}/artifacts?name=b`, { body: "b" }],
        ["/api/w/models", { json: { name: "net", run_id: run.id, artifact: "b" } }],
        [`/api/tags/${run.id}`, { json: { key: "a", value: "b" } }],
        [`/api/note/${run.id}`, { json: { note: "b" } }],
        ["/api/models/net/promote", { json: { version: 1 } }],
        ["/api/models/net/describe", { json: { description: null } }],
        ["/api/model-note/net", { json: { note: "b" } }],
        [`/api/runs/${run.id}/edit`, { json: { name: "b" } }],
        ["/api/experiments/iris/describe", { json: { owner: "ana" } }],
        [`/api/w/runs/${run.id}/end`, { json: {} }],
        ["/api/runs/archive", { json: ids }],
        ["/api/runs/unarchive", { json: ids }],
      ],
      other: [
        [`/api/artifacts/${id}/download`],
        [`/api/runs/${run.id}/log`],
        [`/api/runs/${run.id}/files.tar`],
        ["/api/export"],
        ["/api/events?after=0"],
      ],
    };
    for (const [path, sent] of examples.JSON!) await get(path, sent);
    for (const [path, sent] of examples.other!) {
      const answer = await send(path, sent);
      assert.ok(answer.ok, path);
      await answer.body?.cancel();
    }
    await get("/api/runs/remove", { json: { ids: [other.id] } });
    const { paths } = openApiDocument() as { paths: Record<string, Record<string, Operation>> };
    const all = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
    );
    // There is nothing to answer well: no chat, and no pipeline in a store that only this package knows.
    const never = ["POST /api/chat", "GET /api/pipelines/{id}"];
    assert.deepEqual(all.filter((each) => !called.has(each) && !never.includes(each)), []);
  }));

Deno.test("what headers ask for is described, and answered so", () =>
  withApi(async ({ send, problem, store }) => {
    const run = await store.startRun({ id: "r" });
    const { id, hash } = await run.put("w", "weights");
    const path = `/api/artifacts/${id}/download`;
    const digest = `sha-256=:${Uint8Array.fromHex(hash).toBase64()}:`;
    const upload = "/api/w/runs/r/artifacts?name=again";
    // `send` checks each answer against the document.
    const calls: [path: string, sent: Sent, status: number, text?: string][] = [
      [path, { headers: { "range": "bytes=0-2" } }, 206, "wei"],
      [path, { headers: { "range": "bytes=0-2", "if-range": `"${hash}"` } }, 206, "wei"],
      [path, { headers: { "range": "bytes=0-2", "if-range": '"other"' } }, 200, "weights"],
      [path, { headers: { "range": "bytes=7-" } }, 416, ""],
      [path, { headers: { "if-none-match": `"${hash}"` } }, 304, ""],
      [path, { headers: { "if-none-match": '"other"' } }, 200, "weights"],
      [upload, { body: "weights", headers: { "content-digest": digest } }, 200],
      [`${upload}-other`, { body: "other", headers: { "content-digest": digest } }, 400],
      ["/api/events", { headers: { "last-event-id": "0" } }, 200],
    ];
    for (const [path, sent, status, text] of calls) {
      const answer = await send(path, sent);
      assert.equal(answer.status, status, `${path} ${JSON.stringify(sent)}`);
      if (text === undefined) await answer.body?.cancel();
      else assert.equal(await answer.text(), text);
    }
    const bad = await problem("/api/events", { headers: { "last-event-id": "nonsense" } });
    assert.deepEqual([bad.status, /not the id of an event/.test(bad.error)], [400, true]);
    const { paths } = openApiDocument() as { paths: Record<string, Record<string, Operation>> };
    const names = Object.values(paths).flatMap((methods) => Object.values(methods))
      .flatMap(({ parameters = [] }) => parameters.filter((each) => each.in === "header"))
      .map(({ name }) => name);
    assert.deepEqual(names.sort(), [
      "Content-Digest",
      "If-None-Match",
      "If-Range",
      "Last-Event-ID",
      "Range",
    ]);
  }));

Deno.test("the document is served, and says something of each operation and parameter", () =>
  withApi(async ({ get }) => {
    const served = await get("/api/openapi.json");
    assert.deepEqual(served, JSON.parse(JSON.stringify(openApiDocument())));
    const operations = Object.values(served.paths as Record<string, Record<string, Operation>>)
      .flatMap((methods) => Object.values(methods));
    const ids = operations.map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length);
    for (const { summary, parameters = [] } of operations) {
      assert.match(summary, /^[A-Z].*[^.]$/);
      for (const { name, description = "in the path" } of parameters) assert.ok(description, name);
    }
    // Every shape that is named is there.
    for (const [, name] of JSON.stringify(served).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      assert.ok(served.components.schemas[name!], name);
    }
  }));

Deno.test("every route of the API has an entry in the document, and every entry a route", () =>
  withStore((store) => {
    const app = new Hono<GuardEnv>();
    addApi(app, store, {});
    const routes = app.routes.filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`)
      // The document does not describe itself.
      .filter((route) => route !== "GET /api/openapi.json");
    const { paths } = openApiDocument() as { paths: Record<string, object> };
    const entries = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
    );
    assert.deepEqual(entries.sort(), routes.sort());
    return Promise.resolve();
  }));
