/**
 * The commit that a run is started from. Git runs without any program that the repository
 * configures.
 */
import { isAbsolute, join } from "@std/path";
import type { Environment } from "../metadata/run.ts";

/** Timeout for reading the commit, in milliseconds: it is one small file. */
const COMMIT_LIMIT = 2000;

/**
 * Timeout for detecting changed files, in milliseconds. In a large tree the answer stays unknown.
 */
const DIRTY_LIMIT = 1000;

/** Timeout for a patch, in milliseconds: only created on request. */
const PATCH_LIMIT = 10_000;

/** Directories searched for git if `PATH` may not be read. */
const USUAL_DIRECTORIES = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];

/** Settings that would make git run a program, with values that disable them. */
const NO_PROGRAMS = [
  ["core.fsmonitor", "false"],
  ["core.hooksPath", "/dev/null"],
  ["core.pager", "cat"],
] as const;

/**
 * Reads the commit, its branch, and whether tracked files have changed since.
 *
 * @returns `undefined` without a repository, without git, or without permission to run git.
 */
export async function readCommit(): Promise<Environment["git"]> {
  for (const git of candidates()) {
    const args = ["rev-parse", "HEAD", "--symbolic-full-name", "HEAD"];
    const head = await ask(git, args, COMMIT_LIMIT);
    if (head === "missing") continue;
    if (head?.code !== 0) return undefined;
    const [sha, ref] = head.text.split("\n");
    if (sha === undefined || !/^[0-9a-f]{40,64}$/.test(sha)) return undefined;
    const branch = ref?.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : undefined;
    const dirty = await isDirty(git);
    return {
      sha,
      ...(branch !== undefined && { branch }),
      ...(dirty !== undefined && { "dirty?": dirty }),
    };
  }
}

/**
 * Returns the changes of tracked files since the commit as a patch; `undefined` if there are none.
 */
export async function readChanges(): Promise<string | undefined> {
  const args = ["diff", "--no-ext-diff", "--no-textconv", "--no-color", ...NO_SUBMODULES, "HEAD"];
  for (const git of candidates()) {
    const off = await filtersOff(git, COMMIT_LIMIT);
    if (off === "missing") continue;
    const patch = off && await ask(git, [...off.flags, ...args], PATCH_LIMIT);
    const { code, text } = answered(patch) ?? { code: -1, text: "" };
    return code === 0 && text !== "" ? text : undefined;
  }
}

/** Whether tracked files have changed; `undefined` if that cannot be determined in time. */
async function isDirty(git: string): Promise<boolean | undefined> {
  const until = performance.now() + DIRTY_LIMIT;
  const query = async (args: readonly string[]) =>
    answered(await ask(git, args, until - performance.now()));
  const off = await filtersOff(git, DIRTY_LIMIT);
  if (off === undefined || off === "missing") return undefined;
  const quick = await query([...off.flags, "diff-index", "--quiet", ...NO_SUBMODULES, "HEAD"]);
  if (quick?.code !== 1) return quick?.code === 0 ? false : undefined;
  // `diff-index` also lists files with a new modification time and unchanged content.
  const status = await query([
    ...off.flags,
    "status",
    "--porcelain",
    "-z",
    "--no-renames",
    "--untracked-files=no",
    ...NO_SUBMODULES,
  ]);
  if (status?.code !== 0) return undefined;
  const changes = status.text.split("\0").filter((line) => line !== "");
  if (changes.length === 0) return false;
  const inIndex = changes.some((line) => !line.startsWith(" "));
  if (inIndex || off.filters.length === 0 || changes.length > MAX_CHECKED) return true;
  // With a filter disabled, a difference in the file's bytes does not prove a change.
  const paths = changes.map((line) => line.slice(3));
  const filters = await query([...off.flags, "check-attr", "-z", "filter", "--", ...paths]);
  if (filters?.code !== 0) return undefined;
  const values = filters.text.split("\0").filter((_, at) => at % 3 === 2);
  return values.some((value) => !off.filters.includes(value)) ? true : undefined;
}

/** Submodules have their own configuration, which is not checked. */
const NO_SUBMODULES = ["--ignore-submodules=all"];

/** Maximum number of changed paths whose filters are checked. */
const MAX_CHECKED = 200;

/** Returns options that disable every filter; `undefined` if one of them cannot be disabled. */
async function filtersOff(
  git: string,
  limit: number,
): Promise<{ readonly flags: string[]; readonly filters: string[] } | "missing" | undefined> {
  const pattern = "^filter\\..*\\.(clean|smudge|process)$";
  const listed = await ask(
    git,
    ["config", "--includes", "--null", "--name-only", "--get-regexp", pattern],
    limit,
  );
  if (listed === "missing") return listed;
  // The exit code is 1 if there are no filters.
  if (listed === undefined || listed.code > 1) return undefined;
  const keys = new Set(listed.text.split("\0").filter((key) => key !== ""));
  const filters = new Set<string>();
  for (const key of keys) {
    // A `-c` option ends its key at the first equals sign.
    if (/[=\n]/.test(key)) return undefined;
    filters.add(key.slice("filter.".length, key.lastIndexOf(".")));
  }
  const flags = [...filters].flatMap((filter) =>
    ["clean=", "smudge=", "process=", "required=false"].flatMap((setting) => [
      "-c",
      `filter.${filter}.${setting}`,
    ])
  );
  return { flags, filters: [...filters] };
}

/**
 * Returns the paths where git may be installed and may be run. Relative entries of `PATH` are
 * skipped: they could lead into the repository.
 */
function candidates(): string[] {
  const name = Deno.build.os === "windows" ? "git.exe" : "git";
  return directoriesOfPath().map((directory) => join(directory, name)).filter((git) =>
    Deno.permissions.querySync({ name: "run", command: git }).state === "granted"
  );
}

function directoriesOfPath(): string[] {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "PATH" });
  if (state !== "granted") return USUAL_DIRECTORIES;
  const separator = Deno.build.os === "windows" ? ";" : ":";
  return (Deno.env.get("PATH") ?? "").split(separator).filter((entry) => isAbsolute(entry));
}

/** Exit code and output of git. */
interface Answer {
  readonly code: number;
  readonly text: string;
}

function answered(answer: Answer | "missing" | undefined): Answer | undefined {
  return answer === "missing" ? undefined : answer;
}

/** Runs git. Returns `undefined` if it takes longer than `limit` milliseconds. */
async function ask(
  git: string,
  args: readonly string[],
  limit: number,
): Promise<Answer | "missing" | undefined> {
  if (limit <= 0) return undefined;
  const off = NO_PROGRAMS.flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(git, {
      args: ["--no-optional-locks", "--no-pager", ...off, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      // Starts a process group, to end git together with its children.
      detached: true,
    }).spawn();
  } catch {
    return "missing";
  }
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endWithChildren(child);
  }, limit);
  try {
    const { code, stdout } = await child.output();
    return late ? undefined : { code, text: new TextDecoder().decode(stdout) };
  } finally {
    clearTimeout(timer);
  }
}

function endWithChildren(child: Deno.ChildProcess): void {
  try {
    if (Deno.build.os === "windows") child.kill("SIGKILL");
    else Deno.kill(-child.pid, "SIGKILL");
  } catch {
    // It has already exited.
  }
}
