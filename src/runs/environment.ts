/** Where a run is started, so that it can be understood, or repeated, later. */
import type { Environment } from "../metadata/run.ts";

/** Milliseconds that git may take. */
const PATIENCE = 2000;

/** Milliseconds for which what git has said holds: a sweep starts many runs from one state. */
const HOLDS = 5000;

let last: { at: number; git: Promise<Environment["git"]> } | undefined;

/** Looks around; never fails, and asks for no permission that it has not got. */
export async function captureEnvironment(): Promise<Environment> {
  if (!last || performance.now() - last.at > HOLDS) {
    last = { at: performance.now(), git: askGit().catch(() => undefined) };
  }
  const git = await last.git;
  const { deno, v8, typescript } = Deno.version;
  return {
    ...(git && { git }),
    deno: { version: deno, v8, typescript },
    os: { name: Deno.build.os, arch: Deno.build.arch },
  };
}

async function askGit(): Promise<Environment["git"]> {
  const run = Deno.permissions.querySync({ name: "run", command: "git" });
  if (run.state !== "granted") return undefined;
  const { success, stdout } = await new Deno.Command("git", {
    // One call tells all. Files that git does not know would make every run a changed one.
    args: ["--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=no"],
    stdin: "null",
    stderr: "null",
    signal: AbortSignal.timeout(PATIENCE),
  }).output();
  if (!success) return undefined;
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
  const head = (name: string) =>
    lines.find((line) => line.startsWith(`# branch.${name} `))?.slice(`# branch.${name} `.length);
  const [sha, branch] = [head("oid"), head("head")];
  if (sha === undefined || sha === "(initial)") return undefined;
  return {
    sha,
    ...(branch !== undefined && branch !== "(detached)" && { branch }),
    "dirty?": lines.some((line) => !line.startsWith("#")),
  };
}
