import { count } from "../../text/format.ts";
import type { Call, CommandSpec } from "../command.ts";

export const archive: CommandSpec = {
  args: "<run...>",
  options: [],
  examples: [
    ["Hide a run that went wrong", "chachaml archive @last"],
    ["List archived runs", "chachaml runs --archived"],
  ],
  run: (call) => change(call, "archive"),
};

export const unarchive: CommandSpec = {
  args: "<run...>",
  options: [],
  examples: [["Unarchive a run", "chachaml unarchive 3f2a"]],
  run: (call) => change(call, "unarchive"),
};

async function change(
  { args, json, open, runId, say }: Call,
  action: "archive" | "unarchive",
): Promise<void> {
  const store = await open("write");
  // Resolve every reference before the first change.
  const ids = await Promise.all(args.map((ref) => runId(store, ref)));
  const runs = [];
  for (const id of new Set(ids)) runs.push(await store.runs[action](id));
  if (json) await json(runs);
  else await say(`${action}d ${count(runs.length, "run")}\n`);
}
