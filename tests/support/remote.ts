/** Servers for tests of stores far away. */
import assert from "node:assert/strict";
import { lifecycleOf } from "../../src/store/internals.ts";
import { type OpenOptions, openStore, type Store } from "../../mod.ts";
import { createHandler, type HandlerOptions } from "../../src/server/mod.ts";

type Handler = ReturnType<typeof createHandler>;

/** A server in this process, which can be stopped and started again at its address. */
export class TestServer implements AsyncDisposable {
  readonly #store: Store;
  readonly #options: HandlerOptions;
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;
  #port = 0;
  #handler: Handler | undefined;
  #losing: RegExp | undefined;

  private constructor(store: Store, options: HandlerOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Serves a store. */
  static async start(store: Store, options: HandlerOptions = {}): Promise<TestServer> {
    const server = new TestServer(store, options);
    await server.restart();
    return server;
  }

  /** Its address. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Serves again, with a handler that knows nothing of what was before. */
  async restart(): Promise<void> {
    this.#handler = createHandler(this.#store, this.#options);
    const how = { hostname: "127.0.0.1", port: this.#port, onListen() {} };
    this.#server = Deno.serve(how, (request) => this.#serve(request));
    this.#port = this.#server.addr.port;
    await Promise.resolve();
  }

  /**
   * Loses the answer to the next request whose path matches, once what it asks for is done. Whoever
   * asks again finds a server that was restarted.
   */
  loseAnswer(path: RegExp): void {
    this.#losing = path;
  }

  async #serve(request: Request): Promise<Response> {
    const answer = await this.#handler!(request);
    if (!this.#losing?.test(new URL(request.url).pathname)) return answer;
    this.#losing = undefined;
    await answer.body?.cancel();
    this.#handler = createHandler(this.#store, this.#options);
    const cut = new ReadableStream({ pull: () => Promise.reject(new Error("The answer is lost")) });
    return new Response(cut);
  }

  /** Stops at once; connections are cut. */
  async stop(): Promise<void> {
    const ended = this.#server?.shutdown();
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Gives a test a store that a server has, and the store itself. */
export async function withRemote(
  work: (remote: Store, local: Store, server: TestServer) => Promise<void>,
  options: OpenOptions = {},
  serverOptions: HandlerOptions = {},
): Promise<void> {
  await using local = await openStore({ inMemory: true, driver: "builtin" });
  await using server = await TestServer.start(local, serverOptions);
  await using remote = await openStore({ path: server.url, ...options });
  await work(remote, local, server);
}

/** Asserts that nothing is staged in a store. */
export async function assertNothingStaged(store: Store): Promise<void> {
  const { bytes } = lifecycleOf(store).require();
  const staged: string[] = [];
  for await (const { key, state } of bytes.list()) if (state !== "published") staged.push(key);
  assert.deepEqual(staged, []);
}
