/** The Model Context Protocol over HTTP, without sessions. */
import type { Hono } from "npm:hono@~4.13.0";
import type { Store } from "../../store/store.ts";
import type { GuardEnv } from "../guard.ts";
import type { HandlerOptions } from "../options.ts";

/** Path of the endpoint. */
export const MCP_PATH = "/mcp";

/** Maximum size of a request, in bytes. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Adds the endpoint. */
export function addMcp(
  app: Hono<GuardEnv>,
  store: Store,
  { readOnly = false, mcpWrites = false }: Pick<HandlerOptions, "readOnly" | "mcpWrites">,
): void {
  app.post(MCP_PATH, async (c) => {
    const { makeMcpServer } = await import("./mcp_server.ts");
    const { WebStandardStreamableHTTPServerTransport: Transport } = await import(
      "npm:@modelcontextprotocol/sdk@~1.32.2/server/webStandardStreamableHttp.js"
    );
    const role = c.get("caller")?.role ?? "admin";
    const server = await makeMcpServer(store, {
      allowWrite: mcpWrites && !readOnly && role !== "reader",
      howToAllow: role === "reader"
        ? "a reader may not"
        : "start the server with --mcp-write, and without --read-only",
    });
    const transport = new Transport({ enableJsonResponse: true, maxRequestBodySize: MOST_BYTES });
    await server.connect(transport);
    try {
      return await transport.handleRequest(c.req.raw);
    } finally {
      await server.close();
    }
  });
  // Without sessions there is no stream of messages and nothing to end.
  app.all(MCP_PATH, (c) => {
    c.header("allow", "POST");
    return c.json({ error: "/mcp takes POST" }, 405);
  });
}
