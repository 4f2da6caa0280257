import type { NotExported } from "../../archive/export.ts";
import { printable } from "../../text/format.ts";
import { withProgress } from "../progress.ts";
import type { CommandSpec } from "../command.ts";
import { requirePlace, saveOutput } from "../save_output.ts";

export const exportVerb: CommandSpec = {
  args: "<run...>",
  options: [
    {
      name: "output",
      short: "o",
      value: "file",
      summary: "The archive (default: -, standard output); compressed if it ends in .gz or .tgz",
    },
    { name: "force", short: "f", summary: "Replace an existing file" },
  ],
  examples: [
    ["Into a file", "chachaml export $RUN --output run.tar"],
    ["Compressed", "chachaml export $RUN --output run.tar.gz"],
    ["To another machine", "chachaml export $RUN | ssh there chachaml import -"],
  ],
  run: async ({ args, options, io, open, runId }) => {
    const output = options.get("output") ?? "-";
    const force = options.has("force");
    if (output !== "-") await requirePlace(output, force);
    const store = await open("read");
    // Resolve all references before anything is written.
    const ids = await Promise.all(args.map((ref) => runId(store, ref)));
    const signal = io.interrupted?.();
    const omitted: NotExported[] = [];
    const onOmitted = (omission: NotExported) => void omitted.push(omission);
    await withProgress(io, "export", async (onProgress) => {
      const archive = store.export(ids, { onProgress, onOmitted, ...(signal && { signal }) });
      const bytes = isZipped(output) ? archive.pipeThrough(gzip()) : archive;
      if (output !== "-") return await saveOutput(bytes, output, force);
      for await (const chunk of bytes) await io.stdout(chunk);
    });
    for (const { error } of omitted) await io.stderr(`left out: ${printable(error.message)}\n`);
    return omitted.length > 0 ? 1 : 0;
  },
};

/** Whether a file name indicates compression. */
function isZipped(path: string): boolean {
  return /\.(gz|tgz)$/i.test(path);
}

function gzip(): ReadableWritablePair<Uint8Array, Uint8Array> {
  return new CompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>;
}
