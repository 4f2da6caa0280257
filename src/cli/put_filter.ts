/** Filters for directories that are stored. */
import { basename, dirname, join, relative } from "@std/path";
import type { Ignore } from "npm:ignore@~7.0.5";

/** Directories of version control systems. */
const VERSION_CONTROL: readonly string[] = [".git", ".hg", ".svn", ".jj", ".bzr", "CVS"];

/** Whether a directory belongs to a version control system. */
export function isVersionControl(name: string): boolean {
  return VERSION_CONTROL.includes(basename(name));
}

/** Options for a filter. */
export interface FilterOptions {
  /** Patterns in the syntax of `.gitignore`. */
  readonly exclude: readonly string[];
  /**
   * Whether to apply `.gitignore` files: in the directory, below it, and above it up to the
   * repository.
   */
  readonly gitignore: boolean;
  /** Whether to store directories of version control systems. */
  readonly all: boolean;
}

/** Creates a predicate that excludes entries of a directory, by their paths within it. */
export async function putFilter(
  directory: string,
  { exclude, gitignore, all }: FilterOptions,
): Promise<(name: string, isDirectory: boolean) => boolean> {
  const needed = exclude.length > 0 || gitignore;
  const { default: ignore } = needed ? await import("npm:ignore@~7.0.5") : { default: undefined };
  const excluded = ignore?.().add([...exclude]);
  // Rules of each `.gitignore` file, by directory.
  const rules = new Map<string, Ignore | undefined>();
  const root = await Deno.realPath(directory);
  const rulesOf = (path: string): Ignore | undefined => {
    if (!rules.has(path)) {
      const text = readText(join(path, ".gitignore"));
      rules.set(path, text === undefined ? undefined : ignore!().add(text));
    }
    return rules.get(path);
  };
  const top = gitignore ? repositoryOf(root) : root;
  return (name, isDirectory) => {
    if (isDirectory && !all && isVersionControl(name)) return true;
    const asked = isDirectory ? `${name}/` : name;
    if (excluded?.ignores(asked)) return true;
    if (!gitignore) return false;
    // The nearest matching file decides.
    const path = join(root, name);
    for (let above = dirname(path); above.length >= top.length; above = dirname(above)) {
      const within = relative(above, path).replaceAll("\\", "/");
      const said = rulesOf(above)?.test(isDirectory ? `${within}/` : within);
      if (said?.ignored) return true;
      if (said?.unignored || above === top || above === dirname(above)) return false;
    }
    return false;
  };
}

/** Returns the repository of a directory, or the directory itself. */
function repositoryOf(directory: string): string {
  for (let path = directory;; path = dirname(path)) {
    if (exists(join(path, ".git"))) return path;
    if (path === dirname(path)) return directory;
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function readText(path: string): string | undefined {
  try {
    // Reading a FIFO of this name would block.
    return Deno.statSync(path).isFile ? Deno.readTextFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}
