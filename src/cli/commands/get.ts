import { basename, join } from "@std/path";
import { isNotFound } from "../../base/directory.ts";
import { withProgress } from "../progress.ts";
import { type Call, type CommandSpec, UsageError } from "../command.ts";

export const get: CommandSpec = {
  args: "<run> <name> [destination]",
  options: [{ name: "force", short: "f", summary: "Replace a file that is there" }],
  examples: [
    ["Into this folder, under its own name", "chachaml get $RUN plots/roc.png"],
    ["To standard output", "chachaml get $RUN metrics.json - | jq .loss"],
  ],
  run: async (call) => {
    const { args: [run, name, destination], json, io, open, runId } = call;
    if (destination === "-" && json) {
      throw new UsageError("--json and standard output as the destination exclude each other");
    }
    const store = await open("read");
    const artifact = await store.artifacts.get(await runId(store, run!), name!);
    if (destination === "-") {
      for await (const chunk of artifact.stream({ verify: true })) await io.stdout(chunk);
      return;
    }
    const path = await target(call, basename(name!), destination);
    const signal = io.interrupted?.();
    await withProgress(
      io,
      artifact.name,
      (onProgress) => artifact.saveTo(path, { onProgress, ...(signal && { signal }) }),
    );
    if (json) await json({ ...artifact.toJSON(), savedTo: path });
  },
};

/** Where to save: a file that is not there, or one that may be replaced. */
async function target(
  { options }: Call,
  name: string,
  destination = ".",
): Promise<string> {
  const info = await stat(destination);
  if (destination.endsWith("/") && !info?.isDirectory) {
    throw new UsageError(`${JSON.stringify(destination)} is no directory; make it first`);
  }
  const path = info?.isDirectory ? join(destination, name) : destination;
  const there = info?.isDirectory ? await stat(path) : info;
  if (there?.isDirectory) throw new UsageError(`${JSON.stringify(path)} is a directory`);
  if (there && !options.has("force")) {
    throw new UsageError(`${JSON.stringify(path)} exists; pass --force to replace it`);
  }
  return path;
}

async function stat(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
