/** MCP clients as they are set up: by a program, by `/mcp`, and of a store on a server. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { Client } from "npm:@modelcontextprotocol/sdk@~1.32.2/client/index.js";
import { StdioClientTransport } from "npm:@modelcontextprotocol/sdk@~1.32.2/client/stdio.js";
import { StreamableHTTPClientTransport } from "npm:@modelcontextprotocol/sdk@~1.32.2/client/streamableHttp.js";
import { openStore, type Store } from "../../mod.ts";
import { TOOLS } from "../../src/server/mcp/mcp_server.ts";
import { packageFlags } from "../support/children/flags.ts";
import { blocksOf } from "../support/examples.ts";
import { inTempDir } from "../support/helpers.ts";
import { serving } from "../support/serving.ts";

/** Calls of every tool, with what a good answer has in it. */
const CALLS: readonly (readonly [name: string, args: Record<string, unknown>, says: RegExp])[] = [
  ["list_runs", {}, /"first"/],
  ["search_runs", { metric_key: "loss", op: "<", metric_value: 0.5 }, /"first"/],
  ["best_run", { metric: "loss", direction: "min" }, /"first"/],
  ["get_run", { run_id: "r" }, /"lr": 0.1/],
  ["get_tags", { run_id: "r" }, /"team": "a"/],
  ["get_datasets", { run_id: "r" }, /"datasets"/],
  ["compare_runs", { run_ids: ["r", "s"] }, /"differ"/],
  ["export_runs", { experiment: "iris" }, /"first"/],
  ["list_experiments", {}, /"iris"/],
  ["list_models", {}, /"net"/],
  ["get_model", { model_name: "net" }, /"versions"/],
  ["get_model_version", { model_name: "net" }, /"version": 1/],
  ["diff_model_versions", { model_name: "net", v1: 1, v2: 1 }, /"same"/],
  ["list_artifacts", { run_id: "r" }, /"w.txt"/],
  ["read_artifact", { run_id: "r", name: "w.txt" }, /weights/],
  ["get_curve", { run_id: "r", metric: "loss" }, /0.25/],
  ["read_log", { run_id: "r", stream: "stdout" }, /epoch 1/],
  ["add_tag", { run_id: "r", key: "seen", value: "yes" }, /Tag "seen"/],
  ["set_note", { run_id: "r", note: "# Good" }, /note of run r/],
  ["create_experiment", { name: "later" }, /"later"/],
  ["promote_model_version", { model_name: "net", version: 1 }, /"production"/],
];

/** Fills a store with something for each tool. */
async function fill(store: Store): Promise<void> {
  const run = await store.startRun({ id: "r", experiment: "iris", name: "first" });
  await store.startRun({ id: "s", experiment: "iris" });
  await run.logParams({ lr: 0.1 });
  await run.logMetrics({ loss: 0.25 });
  await run.setTags({ team: "a" });
  await run.put("w.txt", "weights");
  await run.put("stdout.log", "epoch 1\n");
  await run.registerModel("net", { artifact: "w.txt" });
}

/** The names of the tools that a server offers. */
async function namesOf(client: Client): Promise<string[]> {
  const { tools } = await client.listTools() as { tools: readonly { readonly name: string }[] };
  return tools.map(({ name }) => name).sort();
}

/** Calls every tool. */
async function callAll(client: Client): Promise<void> {
  const names = TOOLS.map(({ name }) => name).sort();
  assert.deepEqual(await namesOf(client), names);
  assert.deepEqual(CALLS.map(([name]) => name).sort(), names, "each tool is called");
  for (const [name, args, says] of CALLS) {
    const answer = await client.callTool({ name, arguments: args });
    const text = JSON.stringify(answer.content).replaceAll('\\"', '"');
    assert.ok(!answer.isError, `${name}: ${text}`);
    assert.match(text, says, name);
  }
}

/** Asserts that the tools that write have done so. */
async function assertWritten(store: Store): Promise<void> {
  const { tags } = await store.runs.get("r");
  assert.deepEqual(tags, { team: "a", seen: "yes", note: "# Good" });
  assert.equal((await store.models.get("net")).production, 1);
}

/** Connects a client, and closes it at the end, which ends a program that it has started. */
async function withClient(
  transport: StdioClientTransport | StreamableHTTPClientTransport,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  try {
    await work(client);
  } finally {
    await client.close();
  }
}

/** Returns the environment of a client that finds the program `chachaml` in a directory. */
async function withProgram(dir: string): Promise<Record<string, string>> {
  const { PATH = "", HOME = "", DENO_DIR = join(HOME, ".cache/deno") } = Deno.env.toObject();
  const words = [Deno.execPath(), "run", "--quiet", "-A", ...packageFlags()];
  const command = [...words, Deno.realPathSync("cli.ts")].map((word) => `'${word}'`).join(" ");
  const text = `#!/bin/sh\nexec ${command} "$@"\n`;
  await Deno.writeTextFile(join(dir, "chachaml"), text, { mode: 0o755 });
  return { PATH: `${dir}:${PATH}`, HOME, DENO_DIR, XDG_CACHE_HOME: join(dir, "cache") };
}

/** A test whose client starts a program: the SDK leaves a timer behind for each that it has ended. */
function testProgram(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

testProgram(
  "the configuration of docs/mcp.md starts a server that lists tools and reads a run",
  () =>
    inTempDir(async (dir) => {
      const path = join(dir, "team.db");
      {
        await using store = await openStore({ path });
        await fill(store);
      }
      const [text, ...others] = await blocksOf("docs/mcp.md", "json");
      assert.deepEqual(others, []);
      const { mcpServers: { chachaml: { command, args } } } = JSON.parse(text!);
      assert.ok(args.includes("/data/team.db"));
      const transport = new StdioClientTransport({
        command,
        args: args.map((arg: string) => arg === "/data/team.db" ? path : arg),
        env: await withProgram(dir),
      });
      await withClient(transport, async (client) => {
        const reading = TOOLS.filter(({ writes }) => !writes).map(({ name }) => name).sort();
        assert.deepEqual(await namesOf(client), reading);
        const run = await client.callTool({ name: "get_run", arguments: { run_id: "r" } });
        assert.match(JSON.stringify(run.content), /first/);
      });
    }),
);

testProgram(
  "a client that starts the program calls every tool of a store on a server",
  () =>
    inTempDir(async (dir) => {
      await using store = await openStore({ path: join(dir, "team.db"), driver: "builtin" });
      await fill(store);
      await using server = await serving(store);
      const args = ["mcp", "--db", server.url, "--allow-write"];
      const env = await withProgram(dir);
      await withClient(new StdioClientTransport({ command: "chachaml", args, env }), callAll);
      await assertWritten(store);
    }),
);

Deno.test("a client calls every tool over HTTP", async () => {
  await using store = await openStore({ inMemory: true });
  await fill(store);
  await using server = await serving(store, { mcpWrites: true });
  await withClient(new StreamableHTTPClientTransport(new URL("/mcp", server.url)), callAll);
  await assertWritten(store);
});
