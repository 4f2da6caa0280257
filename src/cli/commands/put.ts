import type { Artifact } from "../../artifacts/artifact.ts";
import type { PutOptions } from "../../artifacts/put_options.ts";
import { IF_EXISTS, type IfExists } from "../../artifacts/if_exists.ts";
import type { SkippedEntry } from "../../artifacts/walk_directory.ts";
import { ChachamlError, InvalidNameError, InvalidSourceError } from "../../base/errors.ts";
import type { Progress } from "../../bytes/byte_store.ts";
import type { Store } from "../../store/store.ts";
import { count, formatBytes, printable } from "../../text/format.ts";
import { withProgress } from "../progress.ts";
import { isVersionControl, putFilter } from "../put_filter.ts";
import { findSources, type Source } from "../put_sources.ts";
import { messageOf } from "../wording.ts";
import { type Call, type CommandSpec, UsageError } from "../command.ts";

export const put: CommandSpec = {
  args: "<run> <source...>",
  options: [
    { name: "as", value: "name", summary: "Name of the artifact, or of the directory" },
    { name: "under", value: "name", summary: "Directory within the run to store them in" },
    { name: "type", value: "mime", summary: "MIME type (default: by the name's extension)" },
    {
      name: "if-exists",
      value: "what",
      choices: IF_EXISTS,
      summary: "What to do if the run has the name (default: error)",
    },
    {
      name: "dedup",
      summary: "Share the file of an artifact with the same bytes, if both are files here",
    },
    {
      name: "exclude",
      value: "pattern",
      repeats: true,
      summary: "Skip matching entries of directories, in .gitignore syntax",
    },
    { name: "gitignore", summary: "Skip entries that .gitignore files exclude" },
    { name: "all", summary: "Also store .git and similar directories" },
    { name: "skip-links", summary: "Skip symbolic links in directories" },
    { name: "follow-links", summary: "Store the targets of symbolic links in directories" },
    { name: "keep-going", summary: "Report what cannot be stored, and store the rest" },
    {
      name: "portable",
      value: "on-or-off",
      choices: ["on", "off"],
      summary: "Reject names that are invalid on Windows (default: on)",
    },
    { name: "move", summary: "Move the files into the store" },
  ],
  examples: [
    ["A file, under its own name", "chachaml put $RUN model.onnx"],
    ["A file, under another name", "chachaml put $RUN out/fig1.png --as plots/roc.png"],
    ["Several files, in a directory", "chachaml put $RUN 'out/*.png' --under plots"],
    ["All files of a directory, as data/…", "chachaml put $RUN ./data"],
    [
      "A project, without what git ignores",
      "chachaml put $RUN . --as code --gitignore --exclude '*.ckpt'",
    ],
    [
      "A snapshot of links, as Hugging Face keeps them",
      "chachaml put $RUN snapshots/main --as model --follow-links",
    ],
    ["The output of another program", "nvidia-smi | chachaml put $RUN - --as gpu.txt"],
  ],
  run: async (call) => {
    const { args: [ref, ...named], options, json, io, open, say, runId } = call;
    const sources = named.includes("-") ? undefined : await findSources(named);
    check(call, named, sources);
    const how = putOptionsOf(call);
    const store = await open("write");
    const run = await runId(store, ref!);
    const stored: Artifact[] = [];
    const leftOut: SkippedEntry[] = [];
    const problems: string[] = [];
    if (sources === undefined) {
      stored.push(await store.artifacts.put(run, placed(call, options.get("as")!), io.stdin, how));
    }
    for (const source of sources ?? []) {
      try {
        const onSkipped = (entry: SkippedEntry) =>
          leftOut.push({ ...entry, name: within(source, entry) });
        stored.push(...await putSource(store, run, source, call, onSkipped));
      } catch (error) {
        if (!options.has("keep-going") || !(error instanceof ChachamlError)) throw error;
        problems.push(messageOf(error));
      }
    }
    for (const { name, kind, reason } of leftOut) {
      if (kind === "problem") problems.push(`Cannot put ${JSON.stringify(name)}: ${reason}`);
    }
    for (const problem of problems) await io.stderr(`chachaml: ${printable(problem)}\n`);
    await say(printable(summaryOf(stored, leftOut)) + "\n");
    if (json) await json(stored);
    return problems.length > 0 ? 1 : 0;
  },
};

/** Returns the path of an entry, below the directory as the user named it. */
function within({ path }: Source, { name }: SkippedEntry): string {
  return `${path.replace(/\/+$/, "")}/${name}`;
}

/** Summarizes stored and skipped entries. */
function summaryOf(stored: readonly Artifact[], leftOut: readonly SkippedEntry[]): string {
  const bytes = formatBytes(stored.reduce((sum, { size }) => sum + size, 0));
  const what = stored.length === 1 ? stored[0]!.name : count(stored.length, "file");
  const versionControl = leftOut.filter(({ name, kind }) =>
    kind === "excluded" && isVersionControl(name)
  );
  const excluded = leftOut.filter(({ kind }) => kind === "excluded").length - versionControl.length;
  const links = leftOut.filter(({ kind }) => kind === "link").length;
  const left = [
    ...(versionControl.length > 0
      ? [`${versionControl.map(({ name }) => name).join(", ")} (--all stores it)`]
      : []),
    ...(excluded > 0 ? [`${excluded} excluded`] : []),
    ...(links > 0 ? [count(links, "symbolic link")] : []),
  ];
  return `stored ${what} (${bytes})${left.length > 0 ? `; left out ${left.join(", ")}` : ""}`;
}

/** Checks for contradictions before anything is stored. */
function check({ options }: Call, named: readonly string[], sources?: readonly Source[]): void {
  const as = options.get("as");
  if (sources === undefined) {
    if (named.length > 1) {
      throw new UsageError("standard input cannot be combined with other sources: put <run> -");
    }
    if (as === undefined) {
      throw new UsageError("standard input needs a name: put <run> - --as NAME");
    }
    if (options.has("move")) throw new UsageError("--move is for files, not for standard input");
    return;
  }
  if (as !== undefined && sources.length > 1) {
    throw new UsageError("--as names a single source; see --under");
  }
  if (options.has("skip-links") && options.has("follow-links")) {
    throw new UsageError("--skip-links and --follow-links exclude each other");
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
  onSkipped: (entry: SkippedEntry) => void,
): Promise<Artifact[]> {
  const { options, io } = call;
  const { contentType: _, ...how } = putOptionsOf(call);
  const place = placed(call, options.get("as") ?? name);
  if (isDirectory) {
    const exclude = await putFilter(path, {
      exclude: options.all("exclude"),
      gitignore: options.has("gitignore"),
      all: options.has("all"),
    });
    const put = (onProgress: (progress: Progress) => void) =>
      store.artifacts.putDirectory(run, path, {
        ...how,
        ...(place !== "" && { prefix: place }),
        exclude,
        onSkipped: onSkipped,
        ...(options.has("skip-links") && { symlinks: "skip" }),
        ...(options.has("follow-links") && { symlinks: "follow" }),
        ...(options.has("keep-going") && { problems: "skip" }),
        onProgress: ({ done, total }) => onProgress({ bytes: done, total }),
      });
    try {
      return await withProgress(io, place || path, put, (count) => `${Math.round(count)} files`);
    } catch (error) {
      throw withRemedy(error);
    }
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

/** Adds the remedy to the error of a single entry of a directory. */
function withRemedy(error: unknown): unknown {
  const isEntry = error instanceof InvalidSourceError || error instanceof InvalidNameError;
  if (!isEntry) return error;
  const portable = error instanceof InvalidNameError &&
    ["forbidden-character", "trailing-dot-or-space", "reserved"].includes(error.rule);
  const remedy = portable ? ", --portable=off allows it" : "";
  const words = `${messageOf(error)}; --keep-going stores the others${remedy}`;
  if (error instanceof InvalidNameError) return new UsageError(words, { cause: error });
  return new ChachamlError(error.code, words, { cause: error });
}

/** Prefixes a name with the requested directory. */
function placed({ options }: Call, name: string): string {
  const under = options.get("under");
  return under === undefined ? name : `${under}/${name}`.replace(/\/$/, "");
}

function putOptionsOf({ options, io }: Call): Omit<PutOptions, "onProgress"> {
  const contentType = options.get("type");
  const ifExists = options.get("if-exists");
  const portable = options.get("portable") ?? "on";
  const signal = io.interrupted?.();
  return {
    portable: portable === "on",
    dedup: options.has("dedup"),
    ...(signal && { signal }),
    ...(contentType !== undefined && { contentType }),
    ...(ifExists !== undefined && { ifExists: ifExists as IfExists }),
  };
}
