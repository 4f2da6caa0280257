/** Files that a program has written, stored as artifacts of its run. */
import picomatch from "npm:picomatch@~4.0.3";
import { basename, join, relative, resolve } from "@std/path";
import { type SkippedEntry, walkDirectory } from "../../artifacts/walk_directory.ts";
import { isBelow } from "../../base/path.ts";
import { isOpenDatabase } from "../../metadata/sqlite/open_files.ts";
import type { RunHandle } from "../../runs/run_handle.ts";
import type { Store } from "../../store/store.ts";
import { messageOf } from "../wording.ts";
import { isVersionControl } from "../put_filter.ts";

/** Result of storing files. */
export interface StoredFiles {
  /** Number of artifacts stored, or already present with equal bytes. */
  readonly stored: number;
  /** Errors, in words. */
  readonly problems: readonly string[];
  /** Remarks that are not errors. */
  readonly notes: readonly string[];
}

/**
 * Stores the files that match a pattern, named by their paths below the working directory. An
 * existing file or directory is taken literally, even if its name contains wildcards. Directories
 * of version control are skipped.
 */
export async function storeFiles(
  run: RunHandle,
  store: Store,
  pattern: string,
  { followLinks, signal }: { followLinks: boolean; signal: AbortSignal | undefined },
): Promise<StoredFiles> {
  const problems: string[] = [];
  const notes: string[] = [];
  const root = Deno.cwd();
  let stored = 0;
  const onSkipped = ({ name, kind, reason }: SkippedEntry) => {
    if (kind === "excluded") notes.push(`${JSON.stringify(name)} is left out: ${reason}`);
    else {
      const remedy = kind === "link" ? "; pass --follow-links to store what it leads to" : "";
      problems.push(`Cannot store ${JSON.stringify(name)}: ${reason}${remedy}`);
    }
  };
  const { artifactDir } = store;
  try {
    for await (
      const path of filesOf(pattern, { root, artifactDir, followLinks, onSkipped: onSkipped })
    ) {
      try {
        const name = isBelow(path, root)
          ? relative(root, path).replaceAll("\\", "/")
          : basename(path);
        await run.putFile(name, path, { ifExists: "same", ...(signal && { signal }) });
        stored++;
      } catch (error) {
        signal?.throwIfAborted();
        problems.push(messageOf(error));
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    problems.push(messageOf(error));
  }
  if (stored === 0 && problems.length === 0) {
    notes.push(`no file matches ${JSON.stringify(pattern)}`);
  }
  return { stored, problems, notes };
}

interface Search {
  readonly root: string;
  readonly artifactDir: string | undefined;
  readonly followLinks: boolean;
  readonly onSkipped: (entry: SkippedEntry) => void;
}

async function* filesOf(pattern: string, search: Search): AsyncGenerator<string> {
  const path = resolve(search.root, pattern);
  const info = await Deno.stat(path).catch(() => undefined);
  if (info?.isDirectory) return yield* matching(path, () => true, Infinity, search);
  if (info?.isFile) {
    if (!isOpenDatabase(path) && !isBelow(await Deno.realPath(path), search.artifactDir)) {
      yield path;
    }
    return;
  }
  if (info) {
    const reason = "it is neither a file nor a directory";
    return search.onSkipped({ name: pattern, kind: "problem", reason });
  }
  // Only directories after the first wildcard are searched.
  const segments = pattern.split(/[/\\]/);
  const first = segments.findIndex((segment) => /[*?[{]/.test(segment));
  if (first < 0) return;
  const base = resolve(search.root, segments.slice(0, first).join("/") || (first > 0 ? "/" : "."));
  const rest = segments.slice(first);
  const test = picomatch(rest.join("/"), { dot: true });
  if (!(await Deno.stat(base).catch(() => undefined))?.isDirectory) return;
  yield* matching(base, test, rest.includes("**") ? Infinity : rest.length, search);
}

async function* matching(
  directory: string,
  test: (name: string) => boolean,
  depth: number,
  { artifactDir, followLinks, onSkipped: onSkipped }: Search,
): AsyncGenerator<string> {
  // A matching link to a file is stored as that file.
  const found = walkDirectory(directory, {
    symlinks: "follow",
    followDirectories: followLinks,
    exclude: (name, isDirectory) => isDirectory && isVersionControl(name),
    onSkipped: (entry) => {
      if (entry.kind === "excluded" || test(entry.name)) {
        onSkipped({ ...entry, name: relative(Deno.cwd(), join(directory, entry.name)) });
      }
    },
    artifactDir,
    depth,
  });
  for await (const { name, path } of found) if (test(name)) yield path;
}
