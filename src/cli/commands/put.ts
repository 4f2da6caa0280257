import type { Artifact } from "../../artifacts/artifact.ts";
import type { PutOptions } from "../../artifacts/put_options.ts";
import { IF_EXISTS, type IfExists } from "../../artifacts/if_exists.ts";
import type { Progress } from "../../bytes/byte_store.ts";
import type { Store } from "../../store/store.ts";
import { withProgress } from "../progress.ts";
import { findSources, type Source } from "../put_sources.ts";
import { type Call, type CommandSpec, UsageError } from "../command.ts";

export const put: CommandSpec = {
  args: "<run> <source...>",
  options: [
    { name: "as", value: "name", summary: "Name of the artifact, or folder of the directory's" },
    { name: "under", value: "folder", summary: "Folder within the run to put them under" },
    { name: "type", value: "mime", summary: "MIME type (default: by the name's extension)" },
    {
      name: "if-exists",
      value: "what",
      choices: IF_EXISTS,
      summary: "If the run has the name (default: error)",
    },
    {
      name: "dedup",
      summary: "Share the file of an artifact with the same bytes, if there is one",
    },
    { name: "skip-links", summary: "Leave out the symbolic links in directories" },
    { name: "move", summary: "Move the files into the store" },
  ],
  examples: [
    ["A file, under its own name", "chachaml put $RUN model.onnx"],
    ["A file, under another name", "chachaml put $RUN out/fig1.png --as plots/roc.png"],
    ["Some files, in a folder", "chachaml put $RUN 'out/*.png' --under plots"],
    ["All files of a directory, as data/…", "chachaml put $RUN ./data"],
    ["What another program prints", "nvidia-smi | chachaml put $RUN - --as gpu.txt"],
  ],
  run: async (call) => {
    const { args: [ref, ...named], options, json, io, open, runId } = call;
    const sources = named.includes("-") ? undefined : await findSources(named);
    check(call, named, sources);
    const how = putOptionsOf(call);
    const store = await open("write");
    const run = await runId(store, ref!);
    const stored: Artifact[] = [];
    if (sources === undefined) {
      stored.push(await store.artifacts.put(run, placed(call, options.get("as")!), io.stdin, how));
    }
    for (const source of sources ?? []) stored.push(...await putSource(store, run, source, call));
    if (json) await json(stored);
  },
};

/** Refuses, before anything is stored, what cannot be meant. */
function check({ options }: Call, named: readonly string[], sources?: readonly Source[]): void {
  const as = options.get("as");
  if (sources === undefined) {
    if (named.length > 1) throw new UsageError("standard input stands alone: put <run> -");
    if (as === undefined) {
      throw new UsageError("standard input needs a name: put <run> - --as NAME");
    }
    if (options.has("move")) throw new UsageError("--move is for files, not for standard input");
    return;
  }
  if (as !== undefined && sources.length > 1) {
    throw new UsageError("--as names a single source; see --under");
  }
  if (!sources.some(({ isDirectory }) => isDirectory)) return;
  if (options.has("move") || options.get("type") !== undefined) {
    throw new UsageError("--move and --type are for single files, not for directories");
  }
}

async function putSource(
  store: Store,
  run: string,
  { path, name, isDirectory }: Source,
  call: Call,
): Promise<Artifact[]> {
  const { options, io } = call;
  const { contentType: _, ...how } = putOptionsOf(call);
  const place = placed(call, options.get("as") ?? name);
  if (isDirectory) {
    const put = (onProgress: (progress: Progress) => void) =>
      store.artifacts.putDirectory(run, path, {
        ...how,
        ...(place !== "" && { prefix: place }),
        ...(options.has("skip-links") && { symlinks: "skip" }),
        onProgress: ({ done, total }) => onProgress({ bytes: done, total }),
      });
    return await withProgress(io, place || path, put, (count) => `${Math.round(count)} files`);
  }
  const stored = await withProgress(
    io,
    place,
    (onProgress) =>
      store.artifacts.putFile(run, place, path, {
        ...putOptionsOf(call),
        move: options.has("move"),
        onProgress,
      }),
  );
  return [stored];
}

/** A name, in the folder that was asked for. */
function placed({ options }: Call, name: string): string {
  const under = options.get("under");
  return under === undefined ? name : `${under}/${name}`.replace(/\/$/, "");
}

function putOptionsOf({ options, io }: Call): Omit<PutOptions, "onProgress"> {
  const contentType = options.get("type");
  const ifExists = options.get("if-exists");
  const signal = io.interrupted?.();
  return {
    dedup: options.has("dedup"),
    ...(signal && { signal }),
    ...(contentType !== undefined && { contentType }),
    ...(ifExists !== undefined && { ifExists: ifExists as IfExists }),
  };
}
