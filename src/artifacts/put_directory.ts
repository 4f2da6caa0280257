import { option, phrase } from "../base/phrase.ts";
import { join } from "@std/path";
import { InvalidOptionError, InvalidSourceError } from "../base/errors.ts";
import { isOpenDatabase } from "../metadata/sqlite/open_files.ts";
import { inParallel } from "../base/in_parallel.ts";
import type { Artifact } from "./artifact.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import type { PutOptions } from "./put_options.ts";

/** How to put a directory. */
export interface PutDirectoryOptions extends Pick<PutOptions, "ifExists" | "dedup" | "signal"> {
  /** Folder within the run to put the files under, such as `"data/train"`. */
  readonly prefix?: string;
  /**
   * Whether a symbolic link in the directory is refused, with nothing stored, or left out.
   *
   * @default {"refuse"}
   */
  readonly symlinks?: "refuse" | "skip";
  /**
   * Files stored at a time.
   *
   * @default {16}
   */
  readonly concurrency?: number;
  /** Told of each artifact stored, and of how many there will be. */
  readonly onProgress?: (progress: { done: number; total: number; artifact: Artifact }) => void;
}

/**
 * Stores every file of a directory, named by its path within; gives them by name. What belongs to an
 * open store itself is left out: its database, and its artifacts, which are in `artifactDir`.
 */
export async function putDirectory(
  { artifacts, artifactDir }: { artifacts: ArtifactStore; artifactDir: string },
  runId: string,
  root: string,
  options: PutDirectoryOptions,
): Promise<Artifact[]> {
  const { prefix, symlinks = "refuse", concurrency = 16, onProgress, ifExists, dedup, signal } =
    options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new InvalidOptionError(`Cannot use concurrency ${concurrency}: it must be 1 or more`);
  }
  if (symlinks !== "refuse" && symlinks !== "skip") {
    throw new InvalidOptionError(
      `Cannot use symlinks ${JSON.stringify(symlinks)}: it takes "refuse" or "skip"`,
    );
  }
  const files: { name: string; path: string }[] = [];
  for await (const name of walk(root, "", symlinks, artifactDir)) {
    files.push({
      name: prefix === undefined ? name : `${prefix}/${name}`,
      path: join(root, name),
    });
  }
  files.sort((a, b) => a.name < b.name ? -1 : 1);

  const stored: Artifact[] = new Array(files.length);
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const put = { signal: stop, ...(ifExists && { ifExists }), ...(dedup && { dedup }) };
  await artifacts.admitAll(runId, files.map(({ name }) => name), put);
  let done = 0;
  await inParallel(files.entries(), Math.min(concurrency, files.length), async ([at, file]) => {
    try {
      const artifact = stored[at] = await artifacts.putFile(runId, file.name, file.path, put);
      onProgress?.({ done: ++done, total: files.length, artifact });
    } catch (error) {
      failed.abort(error); // Those under way stop too.
      throw error;
    }
  });
  return stored;
}

/** The regular files below a directory, by their paths within it. */
async function* walk(
  root: string,
  under: string,
  symlinks: "refuse" | "skip",
  artifactDir: string,
): AsyncGenerator<string> {
  for await (const entry of readDirectory(join(root, under))) {
    const name = under === "" ? entry.name : `${under}/${entry.name}`;
    const path = join(root, name);
    if (entry.isDirectory) {
      if (!await isSame(path, artifactDir)) yield* walk(root, name, symlinks, artifactDir);
    } else if (entry.isFile) {
      if (!isOpenDatabase(path)) yield name;
    } else if (!entry.isSymlink) {
      throw new InvalidSourceError(name, "it is neither a file nor a directory");
    } else if (symlinks === "refuse") {
      throw new InvalidSourceError(
        name,
        phrase`it is a symbolic link; pass ${option("symlinks", "skip")} to leave links out`,
      );
    }
  }
}

async function isSame(path: string, other: string): Promise<boolean> {
  return await Deno.realPath(path) === other;
}

async function* readDirectory(path: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(path);
  } catch (error) {
    const state = error instanceof Deno.errors.NotFound
      ? "there is no such directory"
      : error instanceof Deno.errors.NotADirectory
      ? "it is not a directory; use putFile"
      : (error as Error).message;
    throw new InvalidSourceError(path, state, { cause: error });
  }
}
