import { fsError } from "../../base/fs_error.ts";
import { StorageError } from "../../base/errors.ts";
import { count, formatBytes } from "../../text/format.ts";
import { beforeStore } from "../new_store.ts";
import { withProgress } from "../progress.ts";
import type { CommandSpec } from "../command.ts";

export const importVerb: CommandSpec = {
  args: "<archive>",
  options: [
    { name: "new-ids", summary: "Assign new ids to runs and artifacts" },
  ],
  examples: [
    ["From a file", "chachaml import run.tar"],
    ["From standard input, compressed or not", "ssh there cat run.tar.gz | chachaml import -"],
  ],
  run: async ({ args: [path], options, json, io, open, place, say }) => {
    const archive = path === "-" ? io.stdin : await read(path!);
    const takeAway = await beforeStore(place());
    const store = await open("create");
    const signal = io.interrupted?.();
    const report = await withProgress(io, "import", (onProgress) =>
      store.import(archive, {
        newIds: options.has("new-ids"),
        onProgress,
        ...(signal && { signal }),
      })).catch(async (error) => {
        await takeAway(store);
        throw error;
      });
    if (json) return await json(report);
    for (const { id } of report.runs) await io.stdout(`${id}\n`);
    const fresh = report.runs.filter(({ imported }) => imported).length;
    const merged = report.runs.filter(({ merged }) => merged).length;
    const there = report.runs.length - fresh - merged;
    await say(
      `${count(fresh, "run")} imported, ` + (merged > 0 ? `${merged} updated, ` : "") +
        `${count(report.artifacts, "artifact")}, ` +
        `${formatBytes(report.bytes)}; ${there} already existed\n`,
    );
  },
};

async function read(path: string): Promise<ReadableStream<Uint8Array>> {
  const action = `read ${JSON.stringify(path)}`;
  try {
    const file = await Deno.open(path);
    if (!(await file.stat()).isDirectory) return file.readable;
    file.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw fsError(error, action);
    throw new StorageError(action, "there is no such file; name an archive", { cause: error });
  }
  throw new StorageError(action, "it is a directory; name an archive created by export");
}
