/** Server of the Model Context Protocol for a store. */
import type { Server } from "npm:@modelcontextprotocol/sdk@~1.32.2/server/index.js";
import type { CallToolRequest } from "npm:@modelcontextprotocol/sdk@~1.32.2/types.js";
import config from "../../../deno.json" with { type: "json" };
import type { Store } from "../../store/store.ts";
import { apiErrorOf, bad } from "../api/api_error.ts";
import { Body } from "../api/body.ts";
import { object } from "../api/schema.ts";
import { ARTIFACT_TOOLS } from "./artifact_tools.ts";
import { MODEL_TOOLS } from "./model_tools.ts";
import { RUN_TOOLS } from "./run_tools.ts";
import { type Part, Parts, textPart, type Tool } from "./tool.ts";

/** All tools. */
export const TOOLS: readonly Tool[] = [...RUN_TOOLS, ...MODEL_TOOLS, ...ARTIFACT_TOOLS];

const INSTRUCTIONS =
  "A store of machine-learning runs: params, metrics, artifacts, models. Keys are " +
  "those of chachaml; times are epoch milliseconds. Begin with list_experiments or list_runs.";

/** Options of a server. */
export interface McpOptions {
  /** Whether to offer tools that change the store. */
  readonly allowWrite: boolean;
  /** How to allow writing, for the message of a rejected call. */
  readonly howToAllow: string;
}

/** Creates a server for one connection. */
export async function makeMcpServer(store: Store, options: McpOptions): Promise<Server> {
  const { Server } = await import("npm:@modelcontextprotocol/sdk@~1.32.2/server/index.js");
  const { CallToolRequestSchema, ListToolsRequestSchema } = await import(
    "npm:@modelcontextprotocol/sdk@~1.32.2/types.js"
  );
  const server = new Server(
    { name: "chachaml", version: config.version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  const tools = TOOLS.filter(({ writes }) => !writes || options.allowWrite);
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: tools.map(described) }));
  server.setRequestHandler(CallToolRequestSchema, async (request: CallToolRequest) => {
    const { params } = request;
    try {
      return { content: await answer(store, options, params.name, params.arguments ?? {}) };
    } catch (error) {
      return { content: [textPart(apiErrorOf(error).message)], isError: true };
    }
  });
  return server;
}

function described({ name, description, args, writes = false }: Tool) {
  return {
    name,
    description,
    inputSchema: object(args) as { type: "object" },
    annotations: { readOnlyHint: !writes, destructiveHint: false, openWorldHint: false },
  };
}

async function answer(
  store: Store,
  { allowWrite, howToAllow }: McpOptions,
  name: string,
  given: unknown,
): Promise<Part[]> {
  const tool = TOOLS.find((tool) => tool.name === name);
  if (!tool) throw bad(`There is no tool ${JSON.stringify(name.slice(0, 100))}`);
  if (tool.writes && !allowWrite) throw bad(`${name} changes the store: ${howToAllow}`);
  const names = Object.keys(tool.args).map((name) => name.replace(/\?$/, ""));
  const args = new Body(given, names, "The arguments");
  const value = await tool.run({ store, args });
  if (value instanceof Parts) return [...value.parts];
  return [textPart(typeof value === "string" ? value : JSON.stringify(value, null, 1))];
}
