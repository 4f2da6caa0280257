import type { NotExported } from "../../archive/export.ts";
import { fsError } from "../../base/fs_error.ts";
import { StorageError } from "../../base/errors.ts";
import { parentDirectory } from "../../base/directory.ts";
import { printable } from "../../text/format.ts";
import { withProgress } from "../progress.ts";
import { type CommandSpec, UsageError } from "../command.ts";

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
      if (output !== "-") return await save(bytes, output, force);
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

/** Checks the destination before any work is done. */
async function requirePlace(path: string, force: boolean): Promise<void> {
  const action = `write ${JSON.stringify(path)}`;
  const there = await Deno.lstat(path).catch(() => undefined);
  if (there?.isDirectory) throw new StorageError(action, "it is a directory; name a file in it");
  if (there && !force) throw exists(path);
  if (!there) await parentDirectory(path, action);
}

async function requireFree(path: string): Promise<void> {
  const there = await Deno.lstat(path).then(() => true, () => false);
  if (there) throw exists(path);
}

function exists(path: string): UsageError {
  return new UsageError(`${JSON.stringify(path)} exists; pass --force to replace it`);
}

/** Saves an archive atomically. */
async function save(
  archive: ReadableStream<Uint8Array>,
  path: string,
  force: boolean,
): Promise<void> {
  const part = `${path}.${crypto.randomUUID()}.part`;
  try {
    await write(archive, part);
    if (force) await Deno.rename(part, path);
    else await enter(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    if (error instanceof Deno.errors.AlreadyExists) throw exists(path);
    throw fsError(error, `write ${JSON.stringify(path)}`);
  }
}

async function write(archive: ReadableStream<Uint8Array>, path: string): Promise<void> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { createNew: true, write: true });
  } catch (error) {
    await archive.cancel(error);
    throw error;
  }
  try {
    for await (const chunk of archive) {
      for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
    }
    await file.syncData();
  } finally {
    file.close();
  }
}

/** Renames a file without replacing an existing one: a link fails if the name is taken. */
async function enter(part: string, path: string): Promise<void> {
  try {
    await Deno.link(part, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    // The file system may not support links.
    await requireFree(path);
    return await Deno.rename(part, path);
  }
  await Deno.remove(part);
}
