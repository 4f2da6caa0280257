/** What is left out of directories that are put. */
import { basename, dirname, join, relative } from "@std/path";
import type { Ignore } from "npm:ignore@~7.0.5";

/** Directories in which version control keeps its own data. */
const VERSION_CONTROL: readonly string[] = [".git", ".hg", ".svn", ".jj", ".bzr", "CVS"];

/** Whether a directory is version control's own. */
export function isVersionControl(name: string): boolean {
  return VERSION_CONTROL.includes(basename(name));
}

/** What to leave out. */
export interface FilterOptions {
  /** Patterns as `.gitignore` has them. */
  readonly exclude: readonly string[];
  /** Whether `.gitignore` files count: those of the directory, below it, and above it up to a repository. */
  readonly gitignore: boolean;
  /** Whether version control's own directories are stored. */
  readonly all: boolean;
}

/** A test of entries of a directory, by their paths within it. */
export async function putFilter(
  directory: string,
  { exclude, gitignore, all }: FilterOptions,
): Promise<(name: string, isDirectory: boolean) => boolean> {
  const needed = exclude.length > 0 || gitignore;
  const { default: ignore } = needed ? await import("npm:ignore@~7.0.5") : { default: undefined };
  const excluded = ignore?.().add([...exclude]);
  // What a directory says of what lies below it, by the directory's path.
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
    // The nearest file that says something decides.
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

/** The repository that a directory is in, or the directory itself. */
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
    // A FIFO of this name would be waited for.
    return Deno.statSync(path).isFile ? Deno.readTextFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}
