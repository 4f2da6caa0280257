import { InvalidNameError, InvalidOptionError, InvalidSourceError } from "../base/errors.ts";
import { option, phrase } from "../base/phrase.ts";
import { inParallel } from "../base/in_parallel.ts";
import { assertArtifactName } from "../names/names.ts";
import type { Artifact } from "./artifact.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import type { PutOptions } from "./put_options.ts";
import { type FoundFile, type SkippedEntry, walkDirectory } from "./walk_directory.ts";

/** Options for {@linkcode Artifacts.putDirectory}. */
export interface PutDirectoryOptions
  extends Pick<PutOptions, "ifExists" | "dedup" | "portable" | "signal"> {
  /** Directory within the run to store the files in, e.g. `"data/train"`. */
  readonly prefix?: string;
  /**
   * Handling of symbolic links: `"refuse"` rejects the whole directory, `"skip"` skips them,
   * `"follow"` stores the file or directory they lead to.
   *
   * @default {"refuse"}
   */
  readonly symlinks?: "refuse" | "skip" | "follow";
  /**
   * Returns whether to skip an entry and everything below it. `name` is the path within the
   * directory.
   */
  readonly exclude?: (name: string, isDirectory: boolean) => boolean;
  /**
   * Handling of entries that cannot be read or stored (e.g. a FIFO, a file without permission, an
   * invalid name): `"refuse"` rejects the whole directory, `"skip"` skips them.
   *
   * @default {"refuse"}
   */
  readonly problems?: "refuse" | "skip";
  /** Called for each skipped entry. */
  readonly onSkipped?: (entry: SkippedEntry) => void;
  /**
   * Number of files stored in parallel.
   *
   * @default {16}
   */
  readonly concurrency?: number;
  /** Called after each stored artifact, with the total number. */
  readonly onProgress?: (progress: { done: number; total: number; artifact: Artifact }) => void;
}

/**
 * Stores every file of a directory, named by its path within it. Skips an open store's own
 * database, and its artifacts in `artifactDir`.
 */
export async function putDirectory(
  { artifacts, artifactDir }: { artifacts: ArtifactStore; artifactDir: string | undefined },
  runId: string,
  root: string,
  options: PutDirectoryOptions,
): Promise<Artifact[]> {
  const { prefix, concurrency = 16, onProgress, ifExists, dedup, portable, signal } = options;
  assertOptions(options);
  const files = await findFiles(root, artifactDir, options);
  // A link that replaces a file after the listing must not be followed either.
  const within = options.symlinks === "follow" ? undefined : root;
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const put = {
    signal: stop,
    ...(ifExists && { ifExists }),
    ...(dedup && { dedup }),
    ...(portable !== undefined && { portable }),
  };
  const there = await artifacts.checkNames(runId, files.map(({ name }) => name), put);
  const stored = new Map<string, Artifact>();
  const keep = (name: string, artifact: Artifact) => {
    stored.set(name, artifact);
    onProgress?.({ done: stored.size, total: files.length, artifact });
  };
  const onProblem = (file: FoundFile, error: unknown) => {
    if (options.problems !== "skip" || !(error instanceof InvalidSourceError)) {
      failed.abort(error); // Also stops running ones.
      throw error;
    }
    const reason = error.message.replace(/^Cannot [^:]*: /, "");
    const name = file.name.slice(prefix === undefined ? 0 : prefix.length + 1);
    options.onSkipped?.({ name, kind: "problem", reason });
  };
  // With `dedup`, each file is compared with stored artifacts individually.
  const isSingle = ({ name }: FoundFile) => dedup === true || there.has(name);
  const singles = files.filter(isSingle);
  const together = files.filter((file) => !isSingle(file));
  const batches = artifacts.putBatches(runId, together, { ...put, concurrency, within, onProblem });
  for await (const { artifacts, taken } of batches) {
    for (const [name, artifact] of artifacts) keep(name, artifact);
    singles.push(...taken);
  }
  await inParallel(singles, Math.min(concurrency, singles.length), async (file) => {
    const { name, path } = file;
    try {
      keep(name, await artifacts.putFile(runId, name, path, put, within));
    } catch (error) {
      onProblem(file, error);
    }
  });
  return files.map(({ name }) => stored.get(name)).filter((artifact) => artifact !== undefined);
}

function assertOptions({ concurrency = 16, symlinks, problems }: PutDirectoryOptions): void {
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new InvalidOptionError(`Cannot use concurrency ${concurrency}: it must be 1 or more`);
  }
  if (symlinks !== undefined && !["refuse", "skip", "follow"].includes(symlinks)) {
    throw new InvalidOptionError(
      `Cannot use symlinks ${JSON.stringify(symlinks)}: it takes "refuse", "skip" or "follow"`,
    );
  }
  if (problems !== undefined && problems !== "refuse" && problems !== "skip") {
    throw new InvalidOptionError(
      `Cannot use problems ${JSON.stringify(problems)}: it takes "refuse" or "skip"`,
    );
  }
}

/** Returns the files to store, with their names within the run. */
async function findFiles(
  root: string,
  artifactDir: string | undefined,
  { prefix, symlinks = "refuse", problems, exclude, portable, onSkipped: onSkipped }:
    PutDirectoryOptions,
): Promise<FoundFile[]> {
  const skip = (entry: SkippedEntry) => {
    const refused = entry.kind === "problem" || entry.kind === "link" && symlinks === "refuse";
    if (refused && problems === "skip") return onSkipped?.({ ...entry, kind: "problem" });
    if (refused) {
      const remedy = phrase`; pass ${option("symlinks", "skip")} to leave links out`;
      throw new InvalidSourceError(
        entry.name,
        entry.kind === "link" ? phrase`${entry.reason}${remedy}` : entry.reason,
      );
    }
    onSkipped?.(entry);
  };
  const files: FoundFile[] = [];
  for await (
    const { name, path } of walkDirectory(root, {
      symlinks,
      exclude,
      onSkipped: skip,
      artifactDir,
    })
  ) {
    const named = prefix === undefined ? name : `${prefix}/${name}`;
    if (problems === "skip" && !isStorable(named, name, portable, skip)) continue;
    files.push({ name: named, path });
  }
  return files.sort((a, b) => a.name < b.name ? -1 : 1);
}

function isStorable(
  named: string,
  name: string,
  portable: boolean | undefined,
  skip: (entry: SkippedEntry) => void,
): boolean {
  try {
    assertArtifactName(named, { portable });
    return true;
  } catch (error) {
    if (!(error instanceof InvalidNameError)) throw error;
    skip({ name, kind: "problem", reason: error.message.replace(/^Cannot [^:]*: /, "") });
    return false;
  }
}
