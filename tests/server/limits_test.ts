/** Clients that are slow, greedy or gone, by real connections. */
import assert from "node:assert/strict";
import { openStore, type Store } from "../../mod.ts";
import { createHandler } from "../../src/server/mod.ts";
import { type ConnectionLimits, LIMITS } from "../../src/server/http/limits.ts";
import { listen, type Listening } from "../../src/server/http/listen.ts";

type Work = (port: number, server: Listening) => Promise<void>;

/** Serves a handler under some limits, and ends it. */
async function withListener(
  handler: (request: Request) => Promise<Response>,
  limits: Partial<ConnectionLimits>,
  work: Work,
): Promise<void> {
  const all = { ...LIMITS, endTime: 500, ...limits };
  const server = await listen(handler, { hostname: "127.0.0.1", port: 0, limits: all });
  try {
    await work(server.port, server);
  } finally {
    server.end();
    await server.finished;
  }
}

async function withStore(
  limits: Partial<ConnectionLimits>,
  work: (store: Store, port: number) => Promise<void>,
): Promise<void> {
  await using store = await openStore({ inMemory: true });
  await store.startRun({ id: "r" });
  await withListener(createHandler(store), limits, (port) => work(store, port));
}

/** Sends text over a connection of its own. */
async function send(port: number, text: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  return connection;
}

/** All that a server sends until it ends the connection. */
async function received(connection: Deno.TcpConn): Promise<string> {
  return await new Response(connection.readable).text().catch(() => "");
}

const head = (line: string, ...more: string[]) =>
  [line, "Host: localhost", ...more, "", ""].join("\r\n");

const UPLOAD = "PUT /api/2.0/mlflow-artifacts/artifacts/0/r/artifacts/a HTTP/1.1";

const hello = () => Promise.resolve(new Response("hello"));

Deno.test("headers that do not arrive end the connection", () =>
  withListener(hello, { headerTime: 300 }, async (port) => {
    const answer = await received(await send(port, "GET / HTTP/1.1\r\nHost: loc"));
    assert.match(answer, /^(HTTP\/1\.1 408|$)/);
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "hello");
  }));

Deno.test("an upload that stands still is answered with 408, and leaves nothing", () =>
  withStore({ stallTime: 300 }, async (store, port) => {
    const connection = await send(port, head(UPLOAD, "Content-Length: 1000") + "abc");
    const bytes = new Uint8Array(1000);
    const text = new TextDecoder().decode(bytes.subarray(0, (await connection.read(bytes))!));
    assert.match(text, /^HTTP\/1\.1 408 /);
    connection.close();
    assert.deepEqual(await store.artifacts.list("r"), []);
  }));

Deno.test("a body that only drips is cut off", () =>
  withListener(
    async (request) => new Response(await request.text()),
    { stallTime: 300, leastRate: 1000 },
    async (port) => {
      const connection = await send(port, head("POST / HTTP/1.1", "Content-Length: 100000"));
      const ended = received(connection);
      const drip = setInterval(() => void connection.write(Uint8Array.of(32)).catch(() => {}), 50);
      assert.match(await ended, /^HTTP\/1\.1 500 /); // This handler explains nothing.
      clearInterval(drip);
    },
  ));

Deno.test("connections beyond the limit are closed, and those before them answered", () =>
  withListener(hello, { connections: 3 }, async (port) => {
    const open = [];
    for (let at = 0; at < 3; at++) open.push(await send(port, "GET / HTTP/1.1\r\n"));
    assert.equal(await received(await send(port, head("GET / HTTP/1.1"))), "");
    await open[0]!.write(new TextEncoder().encode("Host: localhost\r\nConnection: close\r\n\r\n"));
    assert.match(await received(open[0]!), /hello$/);
    for (const connection of open.slice(1)) connection.close();
  }));

Deno.test("a client that goes away in the middle of an upload leaves nothing", () =>
  withStore({}, async (store, port) => {
    const connection = await send(port, head(UPLOAD, "Content-Length: 100000000"));
    await connection.write(new Uint8Array(300_000));
    connection.close();
    // The next upload of the name has the store to itself.
    const body = "whole";
    const answer = await fetch(
      `http://127.0.0.1:${port}/api/2.0/mlflow-artifacts/artifacts/0/r/artifacts/a`,
      { method: "PUT", body },
    );
    await answer.body?.cancel();
    assert.equal(await (await store.artifacts.get("r", "a")).text(), body);
  }));

Deno.test("a client that goes away in the middle of a download has the rest left unread", async () => {
  const cancelled = Promise.withResolvers<void>();
  const endless = () =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
          cancel: () => cancelled.resolve(),
        }),
      ),
    );
  await withListener(endless, {}, async (port) => {
    const connection = await send(port, head("GET / HTTP/1.1"));
    await connection.read(new Uint8Array(1000));
    connection.close();
    await cancelled.promise;
  });
});

Deno.test("a client that takes nothing of a download is cut off", async () => {
  const cancelled = Promise.withResolvers<void>();
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)),
    cancel: () => cancelled.resolve(),
  });
  await withListener(
    () => Promise.resolve(new Response(endless)),
    { stallTime: 300 },
    async (port) => {
      const connection = await send(port, head("GET / HTTP/1.1"));
      await cancelled.promise;
      connection.close();
    },
  );
});

Deno.test("request lines and headers that are none are refused, and the server goes on", () =>
  withListener(hello, {}, async (port) => {
    const line = (target: string) => head(`GET ${target} HTTP/1.1`, "Connection: close");
    for (
      const target of ["/a/../b", "/a/%2e%2E/b", "/a/./b", "/a\\..\\b", "http://evil.example/", "*"]
    ) {
      assert.match(await received(await send(port, line(target))), /^HTTP\/1\.1 400 /, target);
    }
    for (
      const request of [
        "\x16\x03\x01\x02\r\n\r\n",
        head("GET / HTTP/1.1", "Content-Length: -1"),
        head("POST / HTTP/1.1", "Content-Length: 1", "Transfer-Encoding: chunked"),
        head("POST / HTTP/1.1", "Content-Length: 1", "Content-Length: 2") + "ab",
        head("GET / HTTP/1.1", `X: ${"y".repeat(200_000)}`),
      ]
    ) {
      const answer = await received(await send(port, request).catch(() => send(port, "\r\n\r\n")));
      assert.doesNotMatch(answer, /^HTTP\/1\.1 [25]/, request.slice(0, 60));
    }
    assert.match(await received(await send(port, line("/a..b/..c?d=../e"))), /hello$/);
  }));

Deno.test("an ending server finishes what is under way, and takes nothing new", () =>
  withListener(
    async (request) => new Response(await request.text()),
    { endTime: 60_000 },
    async (port, server) => {
      const connection = await send(port, head("POST / HTTP/1.1", "Content-Length: 6") + "abc");
      await new Promise((resolve) => setTimeout(resolve, 50));
      server.end();
      await connection.write(new TextEncoder().encode("def"));
      assert.match(await received(connection), /abcdef$/);
      await server.finished;
      await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port }));
    },
  ));

Deno.test("an ending server ends streams of events, and cuts off who does not end", () =>
  withListener(
    (request) =>
      Promise.resolve(
        request.method === "POST" ? new Promise<Response>(() => {}) : new Response(
          new ReadableStream({
            start: (to) => to.enqueue(new TextEncoder().encode("data: 1\n\n")),
          }),
          { headers: { "content-type": "text/event-stream" } },
        ),
      ),
    { endTime: 300 },
    async (port, server) => {
      const events = await fetch(`http://127.0.0.1:${port}/`);
      const stuck = await send(port, head("POST / HTTP/1.1", "Content-Length: 0"));
      const reader = events.body!.getReader();
      assert.equal(new TextDecoder().decode((await reader.read()).value), "data: 1\n\n");
      server.end();
      assert.equal((await reader.read()).done, true);
      assert.equal(await received(stuck), "");
      await server.finished;
    },
  ));

Deno.test("answers have their length, whatever they are", () =>
  withStore({}, async (store, port) => {
    await store.artifacts.put("r", "a", "0123456789");
    const place = `http://127.0.0.1:${port}/get-artifact?run_id=r&path=a`;
    const lengthOf = async (init: RequestInit) => {
      const answer = await fetch(place, init);
      return [answer.status, answer.headers.get("content-length"), await answer.text()];
    };
    assert.deepEqual(await lengthOf({}), [200, "10", "0123456789"]);
    assert.deepEqual(await lengthOf({ method: "HEAD" }), [200, "10", ""]);
    assert.deepEqual(await lengthOf({ headers: { range: "bytes=2-3" } }), [206, "2", "23"]);
    assert.deepEqual(await lengthOf({ headers: { range: "bytes=99-" } }), [416, "0", ""]);
    const health = await fetch(`http://127.0.0.1:${port}/health`);
    assert.equal(health.headers.get("content-length"), "2");
    await health.text();
  }));
