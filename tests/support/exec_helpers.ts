/** Programs run as runs, by the command line as a process of its own. */
import { fromFileUrl, join } from "@std/path";
import { childFlags } from "./helpers.ts";
import { chachaml, json, type Outcome } from "./cli_helpers.ts";

const CLI = fromFileUrl(new URL("../../cli.ts", import.meta.url));

/** Declares a test that runs real programs: those of every system that has a POSIX shell. */
export const testWithShell = Deno.build.os === "windows" ? Deno.test.ignore : Deno.test;

/** Runs a script of sh as a run, in this process. */
export function execSh(dir: string, script: string, ...options: string[]): Promise<Outcome> {
  return chachaml(dir, ["exec", ...options, "--", "sh", "-c", script, "sh", dir]);
}

/** All that is recorded for the run started last. */
export function lastRun(dir: string): Promise<ReturnType<typeof JSON.parse>> {
  return json(dir, ["show", "@last"]);
}

/** The command line as words of a shell. */
export const CALL: string = [
  Deno.execPath(),
  ...["run", "-A", "--quiet", "--no-prompt", ...childFlags()],
  CLI,
].map((word) => `'${word}'`).join(" ");

/** Calls the command line as a program of its own. */
export function asProcess(
  dir: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-prompt", ...childFlags(), CLI, ...args],
    env: { CHACHAML_DB: join(dir, "cli.db"), ...env },
    cwd: dir,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Waits until something holds. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Whether there is something at a path. */
export function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
