import { basename } from "@std/path";
import type { Artifact } from "../../artifacts/artifact.ts";
import type { PutOptions } from "../../artifacts/artifact_store.ts";
import { withProgress } from "../progress.ts";
import { type Call, UsageError, type Verb } from "../verb.ts";

const IF_EXISTS = ["error", "same", "replace"];

export const put: Verb = {
  name: "put",
  summary: "Store a file, a directory or standard input as an artifact of a run",
  args: "<run> <source> [name]",
  options: [
    { name: "type", value: "mime", summary: "MIME type (default: by the name's extension)" },
    {
      name: "if-exists",
      value: "what",
      summary: `If the run has the name: ${IF_EXISTS.join(", ")} (default: error)`,
    },
    {
      name: "dedup",
      summary: "Share the file of an artifact that has the same bytes, if there is one",
    },
    { name: "move", summary: "Move the file into the store" },
  ],
  examples: [
    ["A file, under its own name", "chachaml put $RUN model.onnx"],
    ["A file, under another name", "chachaml put $RUN out/fig1.png plots/roc.png"],
    ["What another program prints", "nvidia-smi | chachaml put $RUN - gpu.txt"],
    ["All files of a directory, as data/…", "chachaml put $RUN ./data"],
  ],
  run: async (call) => {
    const { args: [run, source, name], options, io, open } = call;
    const store = await open("write");
    const how = putOptionsOf(call);
    const signal = io.interrupted?.();
    const interruptible = signal ? { signal } : {};
    const stored: Artifact[] = [];
    if (source === "-") {
      if (name === undefined) {
        throw new UsageError("standard input needs a name: put <run> - <name>");
      }
      if (options.has("move")) throw new UsageError("--move is for files, not for standard input");
      stored.push(await store.put(run!, name, io.stdin, { ...how, ...interruptible }));
    } else if (await isDirectory(source!)) {
      if (options.has("move") || options.get("type") !== undefined) {
        throw new UsageError("--move and --type are for single files, not for directories");
      }
      const prefix = name ?? basename(source!);
      const { ifExists } = how;
      const under = prefix === "." || prefix === "" ? {} : { prefix };
      stored.push(
        ...await store.putDirectory(run!, source!, {
          ...under,
          ...(ifExists && { ifExists }),
          dedup: options.has("dedup"),
          ...interruptible,
        }),
      );
    } else {
      const move = options.has("move");
      const artifact = await withProgress(
        io,
        "put",
        (onProgress) =>
          store.putFile(run!, name ?? basename(source!), source!, {
            ...how,
            ...interruptible,
            move,
            onProgress,
          }),
      );
      stored.push(artifact);
    }
    if (options.has("json")) await io.stdout(JSON.stringify(stored) + "\n");
  },
};

function putOptionsOf({ options }: Call): PutOptions {
  const contentType = options.get("type");
  const ifExists = options.get("if-exists");
  if (ifExists !== undefined && !IF_EXISTS.includes(ifExists)) {
    throw new UsageError(
      `--if-exists takes ${IF_EXISTS.join(", ")}, not ${JSON.stringify(ifExists)}`,
    );
  }
  return {
    dedup: options.has("dedup"),
    ...(contentType !== undefined && { contentType }),
    ...(ifExists !== undefined && { ifExists: ifExists as "error" | "same" | "replace" }),
  };
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false; // Whatever is wrong with it, the store says it better.
  }
}
