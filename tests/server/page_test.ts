import assert from "node:assert/strict";
import { createHandler, type Handler } from "@chachaml/store/server";
import { openStore } from "@chachaml/store";
import { SCRIPT } from "../../src/server/page/script.ts";
import { STYLE } from "../../src/server/page/style.ts";

/** Bytes that the page may send over the wire. */
const MOST_BYTES = 200_000;

const ORIGIN = "http://localhost:5000";

async function packedSize(text: string): Promise<number> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}

function ask(handler: Handler, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("host", "localhost:5000");
  return handler(new Request(ORIGIN + path, { ...init, headers }));
}

const tokens = (credentials: { token?: string }) =>
  Promise.resolve(
    credentials.token === "let-me-in" ? { name: "ana", role: "writer" as const } : undefined,
  );

function signIn(handler: Handler, body: unknown, headers = {}): Promise<Response> {
  return ask(handler, "/api/sign-in", { method: "POST", body: JSON.stringify(body), headers });
}

Deno.test("createHandler() serves the page's files under a strict policy", async () => {
  await using store = await openStore({ inMemory: true });
  const handler = createHandler(store);
  for (
    const [path, type] of [
      ["/", "text/html"],
      ["/page.js", "text/javascript"],
      ["/page.css", "text/css"],
      ["/favicon.svg", "image/svg+xml"],
    ] as const
  ) {
    const answer = await ask(handler, path);
    assert.equal(answer.status, 200, path);
    assert.ok(answer.headers.get("content-type")!.startsWith(type), path);
    const policy = answer.headers.get("content-security-policy")!;
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self'(;|$)/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.ok(!policy.includes("unsafe"), policy);
    assert.ok(!/https?:|\*/.test(policy), policy);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    await answer.body?.cancel();
  }
});

Deno.test("createHandler() sends no inline script and nothing of another host with the page", async () => {
  await using store = await openStore({ inMemory: true });
  const text = await (await ask(createHandler(store), "/")).text();
  assert.ok(!/<script(?![^>]*\bsrc=)|\son\w+=|<style|https?:/i.test(text), text);
});

Deno.test("createHandler() answers 304 to a browser that has the page, packed or not", async () => {
  await using store = await openStore({ inMemory: true });
  const handler = createHandler(store);
  for (const encoding of ["gzip, br", "identity"]) {
    const headers = { "accept-encoding": encoding };
    const first = await ask(handler, "/page.js", { headers });
    assert.equal(first.headers.get("content-encoding"), encoding === "identity" ? null : "gzip");
    const body = encoding === "identity"
      ? first.body!
      : first.body!.pipeThrough(new DecompressionStream("gzip"));
    assert.equal(await new Response(body).text(), SCRIPT);
    const etag = first.headers.get("etag")!;
    const again = await ask(handler, "/page.js", {
      headers: { ...headers, "if-none-match": etag },
    });
    assert.equal(again.status, 304);
  }
});

Deno.test("the page is less than 200 kB on the wire", async () => {
  const size = await packedSize(SCRIPT) + await packedSize(STYLE);
  assert.ok(size < MOST_BYTES, `${size} bytes`);
});

Deno.test("createHandler() shows the page to those who have not signed in, and nothing else", async () => {
  await using store = await openStore({ inMemory: true });
  const handler = createHandler(store, { authenticate: tokens });
  for (const path of ["/", "/page.js", "/page.css", "/favicon.svg"]) {
    const answer = await ask(handler, path);
    assert.equal(answer.status, 200);
    await answer.body?.cancel();
  }
  const refused = await ask(handler, "/api/2.0/mlflow/experiments/get?experiment_id=0", {
    headers: { "sec-fetch-mode": "cors" },
  });
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get("www-authenticate"), null);
  await refused.body?.cancel();
});

Deno.test("createHandler() takes the cookie of a session until it ends", async () => {
  await using store = await openStore({ inMemory: true });
  let known = true;
  const handler = createHandler(store, {
    authenticate: (credentials) => known ? tokens(credentials) : Promise.resolve(undefined),
  });
  const read = async (cookie: string) => {
    const answer = await ask(handler, "/api/2.0/mlflow/experiments/get?experiment_id=0", {
      headers: { cookie: `other=1; ${cookie}` },
    });
    await answer.body?.cancel();
    return answer.status;
  };
  const answer = await signIn(handler, { token: "let-me-in" });
  assert.deepEqual(await answer.json(), { user: "ana", role: "writer" });
  const header = answer.headers.get("set-cookie")!;
  assert.match(header, /HttpOnly; SameSite=Strict/);
  assert.ok(!header.includes("let-me-in"));
  const cookie = header.split(";")[0]!;
  assert.equal(await read(cookie), 200);
  known = false; // The token was taken away.
  assert.equal(await read(cookie), 401);
  known = true;
  assert.equal(await read(cookie), 200);
  assert.equal(await read(`${cookie.slice(0, -1)}0`) === 200, cookie.endsWith("0"));
  const out = await ask(handler, "/api/sign-out", { method: "POST", headers: { cookie } });
  assert.match(out.headers.get("set-cookie")!, /Max-Age=0/);
  assert.equal(await read(cookie), 401);
});

Deno.test("createHandler() refuses to begin a session", async (test) => {
  await using store = await openStore({ inMemory: true });
  const handler = createHandler(store, { authenticate: tokens });
  const status = async (body: unknown, headers = {}) => {
    const answer = await signIn(handler, body, headers);
    assert.equal(answer.headers.get("set-cookie"), null);
    assert.ok((await answer.text()).length > 10);
    return answer.status;
  };
  await test.step("for a wrong token", async () => {
    assert.equal(await status({ token: "wrong" }), 401);
  });
  await test.step("for what is no sign-in", async () => {
    for (const body of [{}, [], "x", null, { user: "ana" }, { token: 1 }]) {
      assert.equal(await status(body), 400);
    }
  });
  await test.step("for a page of another site", async () => {
    const headers = { origin: "https://evil.example" };
    assert.equal(await status({ token: "let-me-in" }, headers), 403);
  });
});

Deno.test("a session of a read-only server signs in and reads", async () => {
  await using store = await openStore({ inMemory: true });
  const handler = createHandler(store, { authenticate: tokens, readOnly: true });
  const answer = await signIn(handler, { token: "let-me-in" });
  assert.equal(answer.status, 200);
  await answer.body?.cancel();
});
