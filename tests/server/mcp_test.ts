/** MCP with the client of the official SDK: over HTTP, and by a program's input and output. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { Client } from "npm:@modelcontextprotocol/sdk@~1.32.2/client/index.js";
import { StreamableHTTPClientTransport } from "npm:@modelcontextprotocol/sdk@~1.32.2/client/streamableHttp.js";
import { InMemoryTransport } from "npm:@modelcontextprotocol/sdk@~1.32.2/inMemory.js";
import { openStore, type Store } from "../../mod.ts";
import { makeMcpServer, TOOLS } from "../../src/server/mcp/mcp_server.ts";
import { createHandler, type HandlerOptions } from "../../src/server/mod.ts";
import { parseTokens, signIn } from "../../src/server/sign_in.ts";
import { chachaml } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";
import { serving } from "../support/serving.ts";

interface Answer {
  readonly isError?: boolean;
  readonly content: { type: string; text: string; data?: string; mimeType?: string }[];
}

type Ask = (name: string, args?: Record<string, unknown>) => Promise<Answer>;

interface Listed {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema: { readonly type: string };
  readonly annotations?: { readonly readOnlyHint?: boolean };
}

async function listed(client: Client): Promise<Listed[]> {
  return (await client.listTools()).tools as unknown as Listed[];
}

function newClient(): Client {
  return new Client({ name: "test", version: "1" });
}

function askOf(client: Client): Ask {
  return async (name, args = {}) =>
    await client.callTool({ name, arguments: args }) as unknown as Answer;
}

/** Gives a test a store and a client of it, within this process. */
async function withClient(
  work: (ask: Ask, store: Store, client: Client) => Promise<void>,
  allowWrite = false,
): Promise<void> {
  await using store = await openStore({ inMemory: true });
  const [own, other] = InMemoryTransport.createLinkedPair();
  const server = await makeMcpServer(store, { allowWrite, howToAllow: "pass --allow-write" });
  const client = newClient();
  await server.connect(other);
  await client.connect(own);
  await work(askOf(client), store, client);
  await client.close();
}

/** The JSON of an answer, which must be good. */
// deno-lint-ignore no-explicit-any
async function good(answer: Promise<Answer>): Promise<any> {
  const { isError, content } = await answer;
  assert.ok(!isError, content[0]!.text);
  return JSON.parse(content[0]!.text);
}

async function refused(answer: Promise<Answer>, words: RegExp): Promise<void> {
  const { isError, content } = await answer;
  assert.ok(isError);
  assert.match(content[0]!.text, words);
}

Deno.test("tools that read are listed, with schemas of their arguments", () =>
  withClient(async (ask, _, client) => {
    const tools = await listed(client);
    assert.ok(tools.length >= 17);
    for (const { name, description, inputSchema, annotations } of tools) {
      assert.ok(description!.length > 10 && inputSchema.type === "object", name);
      assert.equal(annotations?.readOnlyHint, true, name);
    }
    assert.ok(!tools.some(({ name }) => name === "set_note"));
    await refused(ask("set_note", { run_id: "r", note: "n" }), /--allow-write/);
    await refused(ask("nope"), /no tool "nope"/);
    await refused(ask("list_runs", { experimnt: "a" }), /did you mean experiment/);
  }));

Deno.test("the sixteen tools of chachaml are there", () => {
  const names = new Set(TOOLS.map(({ name }) => name));
  const theirs =
    "list_runs get_run compare_runs list_models get_model get_model_version search_runs " +
    "best_run add_tag set_note get_tags get_datasets list_experiments create_experiment export_runs " +
    "diff_model_versions";
  for (const name of theirs.split(" ")) assert.ok(names.has(name), name);
  assert.equal(names.size, TOOLS.length);
});

Deno.test("runs are listed, searched, compared, and the best is one that has the metric", () =>
  withClient(async (ask, store) => {
    const ids: string[] = [];
    for (const [at, loss] of [0.3, 0.1, undefined, 0.2].entries()) {
      const run = await store.startRun({ experiment: "iris", name: `r${at}` });
      await run.logParams({ lr: at });
      if (loss !== undefined) await run.logMetrics({ loss });
      ids.push(run.id);
    }
    const names = ({ runs }: { runs: { name: string }[] }) => runs.map(({ name }) => name);
    assert.deepEqual(names(await good(ask("list_runs"))), ["r3", "r2", "r1", "r0"]);
    assert.deepEqual(names(await good(ask("list_runs", { limit: 1 }))), ["r3"]);
    const search = { metric_key: "loss", op: "<", metric_value: 0.25 };
    const found = await good(ask("search_runs", search));
    assert.deepEqual(names(found), ["r3", "r1"]);
    assert.deepEqual([found.runs[0].metrics, found.runs[0].params], [{ loss: 0.2 }, { lr: 3 }]);
    assert.equal((await good(ask("best_run", { metric: "loss", direction: "min" }))).name, "r1");
    assert.equal((await good(ask("best_run", { metric: "loss" }))).name, "r0");
    await refused(ask("best_run", { metric: "nope" }), /nope/);
    await refused(ask("search_runs", { metric_key: "loss", op: "~", metric_value: 1 }), /"op"/);
    await refused(ask("list_runs", { limit: 0 }), /limit/);
    await refused(ask("list_runs", { experiment: "irs" }), /did you mean "iris"/);
    await refused(ask("get_run", { run_id: "nope" }), /Cannot find run "nope"/);
    await refused(ask("get_run"), /needs "run_id"/);
    const compared = await good(ask("compare_runs", { run_ids: ids.slice(0, 2) }));
    assert.deepEqual(compared.params.differ, { lr: [0, 1] });
    await refused(ask("compare_runs", { run_ids: [ids[0]] }), /two/);
    const whole = await good(ask("get_run", { run_id: ids[0] }));
    assert.deepEqual(whole.metrics.loss, { last: 0.3, min: 0.3, max: 0.3, count: 1, step: 0 });
    const { runs } = await good(ask("export_runs", { experiment: "iris" }));
    assert.equal(runs.length, 4);
    const { experiments: [iris] } = await good(ask("list_experiments"));
    assert.deepEqual([iris.name, iris.runs], ["iris", 4]);
    assert.deepEqual(await good(ask("get_tags", { run_id: ids[0] })), {});
    assert.deepEqual(await good(ask("get_datasets", { run_id: ids[0] })), { datasets: [] });
  }));

Deno.test("of a model the latest version is given, unless another is asked for", () =>
  withClient(async (ask, store) => {
    const run = await store.startRun();
    for (const name of ["a", "b"]) {
      await run.put(name, name);
      await run.registerModel("net", { artifact: name, ...name === "a" && { stage: "staging" } });
    }
    const net = { model_name: "net" };
    assert.equal((await good(ask("list_models"))).models[0].name, "net");
    assert.equal((await good(ask("get_model", net))).versions.length, 2);
    assert.equal((await good(ask("get_model_version", net))).version, 2);
    assert.equal((await good(ask("get_model_version", { ...net, stage: "staging" }))).version, 1);
    assert.equal((await good(ask("get_model_version", { ...net, version: 1 }))).version, 1);
    assert.deepEqual((await good(ask("diff_model_versions", { ...net, v1: 1, v2: 2 }))).runs, [
      run.id,
      run.id,
    ]);
    await refused(ask("get_model_version", { ...net, version: 9 }), /net/);
    await refused(ask("get_model", { model_name: "nope" }), /nope/);
    await refused(ask("promote_model_version", { ...net, version: 2 }), /--allow-write/);
  }));

Deno.test("artifacts, curves and logs are read", () =>
  withClient(async (ask, store) => {
    const run = await store.startRun();
    const text = await run.put("notes.md", "# Notes");
    await run.put("plots/roc.png", new Uint8Array([137, 80, 78, 71]));
    await run.put("weights.bin", new Uint8Array(8));
    for (let step = 0; step < 500; step++) run.log({ loss: 1 / (step + 1) }, { step });
    const log = await store.artifacts.startLog(run.id, "stdout.log");
    await log.append("epoch 1\nepoch 2\n");
    const of = (name: string) => ({ run_id: run.id, name });
    const { artifacts } = await good(ask("list_artifacts", { run_id: run.id, prefix: "plots/" }));
    assert.deepEqual(artifacts.map(({ name }: { name: string }) => name), ["plots/roc.png"]);
    assert.equal((await ask("read_artifact", of("notes.md"))).content[0]!.text, "# Notes");
    const part = await ask("read_artifact", { artifact_id: text.id, offset: 2, max_bytes: 3 });
    assert.deepEqual(part.content.map(({ text }) => text), [
      "Not",
      "[2 more bytes; go on at offset 5]",
    ]);
    const [picture] = (await ask("read_artifact", of("plots/roc.png"))).content;
    assert.deepEqual([picture!.type, picture!.mimeType], ["image", "image/png"]);
    await refused(ask("read_artifact", of("weights.bin")), /not text: it has 8 bytes/);
    await refused(ask("read_artifact", of("nope")), /nope/);
    await refused(ask("read_artifact", { ...of("notes.md"), offset: 99 }), /offset/);
    const curve = await good(ask("get_curve", { run_id: run.id, metric: "loss", points: 20 }));
    assert.deepEqual([curve.values.length, curve.count], [20, 500]);
    await refused(ask("get_curve", { run_id: run.id, metric: "acc" }), /it has loss/);
    const tail = await ask("read_log", { run_id: run.id, max_bytes: 8 });
    assert.deepEqual(tail.content.map(({ text }) => text), ["[8 bytes before]", "epoch 2\n"]);
    await log.end();
    assert.match((await ask("read_log", { run_id: run.id })).content[0]!.text, /^epoch 1\n/);
    const none = await ask("read_log", { run_id: run.id, stream: "stderr" });
    assert.equal(none.content[0]!.text, "[nothing was printed]");
  }));

Deno.test("tools that write do so where that is allowed", () =>
  withClient(async (ask, store, client) => {
    const tools = await listed(client);
    const writing = tools.filter(({ annotations }) => !annotations?.readOnlyHint);
    assert.deepEqual(writing.map(({ name }) => name).sort(), [
      "add_tag",
      "create_experiment",
      "promote_model_version",
      "set_note",
    ]);
    const run = await store.startRun();
    await run.put("w", "w");
    await run.registerModel("net", { artifact: "w" });
    for (
      const [name, args] of [
        ["add_tag", { run_id: run.id, key: "k", value: "v" }],
        ["set_note", { run_id: run.id, note: "# N" }],
        ["create_experiment", { name: "later", owner: "ana" }],
        ["promote_model_version", { model_name: "net", version: 1 }],
      ] as const
    ) {
      assert.ok(!(await ask(name, args)).isError, name);
    }
    assert.deepEqual((await store.runs.get(run.id)).tags, { k: "v", note: "# N" });
    assert.equal((await store.models.get("net")).production, 1);
    await refused(ask("add_tag", { run_id: "nope", key: "k", value: "v" }), /nope/);
  }, true));

/** Serves a store to a client over HTTP. */
async function overHttp(
  options: HandlerOptions,
  token: string | undefined,
  work: (ask: Ask, client: Client) => Promise<void>,
): Promise<void> {
  await using store = await openStore({ inMemory: true });
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    createHandler(store, options),
  );
  const client = newClient();
  try {
    const url = new URL(`http://127.0.0.1:${server.addr.port}/mcp`);
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
    await work(askOf(client), client);
  } finally {
    await client.close();
    await server.shutdown();
  }
}

Deno.test("over HTTP a reader reads, and a writer writes where the server lets assistants", async () => {
  const authenticate = signIn(parseTokens("t-read reader\nt-write writer\n"), []);
  const args = { name: "later" };
  await overHttp({ authenticate }, "t-read", async (ask) => {
    assert.deepEqual(await good(ask("list_runs")), { runs: [] });
    await refused(ask("create_experiment", args), /reader/);
  });
  await overHttp(
    { authenticate },
    "t-write",
    (ask) => refused(ask("create_experiment", args), /--mcp-write/),
  );
  await overHttp({ authenticate, mcpWrites: true }, "t-write", async (ask, client) => {
    assert.ok(!(await ask("create_experiment", args)).isError);
    assert.equal(client.getServerVersion()?.name, "chachaml");
  });
  await overHttp({ readOnly: true, mcpWrites: true }, undefined, async (ask) => {
    assert.deepEqual(await good(ask("list_runs")), { runs: [] });
    await refused(ask("create_experiment", args), /--read-only/);
  });
  await assert.rejects(overHttp({ authenticate }, "t-wrong", () => Promise.resolve()));
});

Deno.test("chachaml mcp answers all that its input asked, also of a store on a server", () =>
  inTempDir(async (dir) => {
    await using store = await openStore({ path: join(dir, "cli.db"), driver: "builtin" });
    await store.startRun({ id: "r", name: "first" });
    await using server = await serving(store);
    const ask = (id: number, method: string, params: object) =>
      JSON.stringify({ jsonrpc: "2.0", id, method, params });
    const stdin = [
      ask(1, "initialize", {
        protocolVersion: "2025-06-18",
        capabilities: {},
        clientInfo: { name: "t", version: "1" },
      }),
      ask(2, "tools/call", { name: "list_runs", arguments: {} }),
      ask(3, "tools/call", { name: "best_run", arguments: { metric: "loss" } }),
      ask(4, "tools/call", { name: "get_run", arguments: { run_id: "r" } }),
    ].join("\n");
    const { out } = await chachaml(dir, ["mcp", "--db", server.url], { stdin });
    const answers = out.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(answers.map(({ id }) => id).sort(), [1, 2, 3, 4]);
    for (const id of [2, 4]) {
      const { result } = answers.find((answer) => answer.id === id);
      assert.match(result.content[0].text, /"first"/);
    }
  }));

Deno.test("chachaml mcp speaks lines of JSON, and ends with its input", () =>
  inTempDir(async (dir) => {
    {
      await using store = await openStore({ path: join(dir, "cli.db") });
      await store.startRun({ id: "r", name: "first" });
    }
    const messages = [
      {
        id: 1,
        method: "initialize",
        params: {
          protocolVersion: "2024-11-05",
          capabilities: {},
          clientInfo: { name: "t", version: "1" },
        },
      },
      { method: "notifications/initialized" },
      { id: 2, method: "ping" },
      { id: 3, method: "tools/call", params: { name: "list_runs", arguments: {} } },
      { id: 4, method: "nope" },
    ];
    const lines = messages.map((message) => JSON.stringify({ jsonrpc: "2.0", ...message }));
    // The input stays open until all answers are there.
    const input = new TransformStream<Uint8Array, Uint8Array>();
    const writer = input.writable.getWriter();
    const found: Record<string, unknown>[] = [];
    const calling = chachaml(dir, ["mcp"], {
      stdin: input.readable,
      stdout: async (data) => {
        found.push(JSON.parse(`${data}`));
        if (found.length === 5) await writer.close();
      },
    });
    await writer.write(new TextEncoder().encode([...lines, "{not json", ""].join("\n")));
    assert.equal((await calling).code, 0);
    const byId = new Map(found.map((message) => [message.id, message]));
    const result = (id: number) => byId.get(id)!.result as Record<string, unknown>;
    assert.equal((result(1).serverInfo as { name: string }).name, "chachaml");
    assert.deepEqual(result(2), {});
    assert.match(JSON.stringify(result(3)), /first/);
    assert.equal((byId.get(4)!.error as { code: number }).code, -32601);
    assert.equal((byId.get(null)!.error as { code: number }).code, -32700);
  }));
