import type { CommandSpec } from "../command.ts";
import { runServer, SERVE_OPTIONS } from "./serve.ts";

export const ui: CommandSpec = {
  args: "",
  options: [
    { name: "no-open", summary: "Only serve; open no browser" },
    ...SERVE_OPTIONS,
  ],
  examples: [
    ["See runs, curves and files of the store in a browser", "chachaml ui"],
    ["On another machine, by a tunnel to it", "chachaml ui --no-open --port 5001"],
  ],
  network: true,
  run: (call) =>
    runServer(call, (url) => {
      if (!call.options.has("no-open")) void show(url, call);
    }),
};

async function show(url: string, { io, say }: Parameters<CommandSpec["run"]>[0]): Promise<void> {
  const isOpen = await io.openUrl?.(url) ?? false;
  if (!isOpen) await say(`Open ${url} in a browser\n`);
}
