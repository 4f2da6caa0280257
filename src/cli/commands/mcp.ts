import { onDemand } from "../../base/on_demand.ts";
import type { CommandSpec } from "../command.ts";

export const mcp: CommandSpec = {
  args: "",
  options: [
    { name: "allow-write", summary: "Also tools that change the store: tags, notes, stages" },
  ],
  examples: [
    ["For an assistant that starts programs", "chachaml mcp --db /data/team.db"],
    ["Over HTTP, at /mcp", "chachaml serve"],
  ],
  run: async ({ options, io, open }) => {
    const allowWrite = options.has("allow-write");
    const store = await open(allowWrite ? "write" : "read");
    const { makeMcpServer } = await import(
      onDemand("../../server/mcp/mcp_server.ts")
    ) as typeof import("../../server/mcp/mcp_server.ts");
    const { LineTransport } = await import(
      onDemand("../../server/mcp/line_transport.ts")
    ) as typeof import("../../server/mcp/line_transport.ts");
    const server = await makeMcpServer(store, {
      allowWrite,
      howToAllow: "start chachaml mcp with --allow-write",
    });
    const transport = new LineTransport(io.stdin, async (line) => await io.stdout(line));
    await server.connect(transport);
    const interrupted = io.interrupted?.();
    await Promise.race([
      transport.ended,
      ...interrupted
        ? [new Promise((resolve) => interrupted.addEventListener("abort", resolve))]
        : [],
    ]);
    await server.close();
  },
};
