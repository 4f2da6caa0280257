import { withProgress } from "../progress.ts";
import { UsageError, type Verb } from "../verb.ts";

export const exportVerb: Verb = {
  name: "export",
  summary: "Write runs with their artifacts as a tar archive",
  args: "<run...>",
  options: [
    { name: "output", value: "file", summary: "The archive (default: -, standard output)" },
    { name: "force", summary: "Replace a file that is there" },
  ],
  examples: [
    ["Into a file", "chachaml export $RUN --output run.tar"],
    ["To another machine", "chachaml export $RUN | ssh there chachaml import -"],
  ],
  run: async ({ args, options, io, open, runId }) => {
    const output = options.get("output") ?? "-";
    const store = await open("read");
    // Before anything is written.
    const ids = await Promise.all(args.map((ref) => runId(store, ref)));
    const signal = io.interrupted?.();
    await withProgress(io, "export", async (onProgress) => {
      const archive = store.export(ids, { onProgress, ...(signal && { signal }) });
      if (output !== "-") return await save(archive, output, options.has("force"));
      for await (const chunk of archive) await io.stdout(chunk);
    });
  },
};

/** Saves an archive, all of it or nothing. */
async function save(
  archive: ReadableStream<Uint8Array>,
  path: string,
  force: boolean,
): Promise<void> {
  const part = `${path}.${crypto.randomUUID()}.part`;
  try {
    await Deno.writeFile(part, archive, { createNew: true });
    if (force) await Deno.rename(part, path);
    else {
      // Unlike a rename, this never takes the place of a file.
      await Deno.link(part, path);
      await Deno.remove(part);
    }
  } catch (error) {
    await archive.cancel(error).catch(() => {});
    await Deno.remove(part).catch(() => {});
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new UsageError(`${JSON.stringify(path)} exists; pass --force to replace it`);
  }
}
