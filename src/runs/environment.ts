/** Where a run is started, so that it can be understood, or repeated, later. */
import type { Environment } from "../metadata/run.ts";
import { readCommit } from "./git.ts";

/** Milliseconds for which what git has said holds: a sweep starts many runs from one state. */
const HOLDS = 5000;

let last: { at: number; git: Promise<Environment["git"]> } | undefined;

/** Looks around; never fails, and asks for no permission that it has not got. */
export async function captureEnvironment(): Promise<Environment> {
  if (!last || performance.now() - last.at > HOLDS) {
    last = { at: performance.now(), git: readCommit().catch(() => undefined) };
  }
  const git = await last.git;
  const { deno, v8, typescript } = Deno.version;
  return {
    ...(git && { git }),
    deno: { version: deno, v8, typescript },
    os: { name: Deno.build.os, arch: Deno.build.arch },
  };
}
