/** Where a run is started, so that it can be understood, or repeated, later. */
import { variable } from "../base/variable.ts";
import type { Environment } from "../metadata/run.ts";
import { maskSecrets } from "../text/mask_secrets.ts";
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

/** Who has started this program, where and how, as far as that may be read. */
export interface CallOfProgram {
  /** Name of the user. */
  readonly user?: string;
  /** Name of the machine. */
  readonly host?: string;
  /** Working directory. */
  readonly directory?: string;
  /** The program and its arguments, without secrets. */
  readonly command?: readonly string[];
}

/** Describes how this program was started. */
export function describeProgram(): CallOfProgram {
  const user = variable("USER") ?? variable("LOGNAME") ?? variable("USERNAME");
  const isGranted = (descriptor: Deno.PermissionDescriptor) =>
    Deno.permissions.querySync(descriptor).state === "granted";
  return {
    ...(user !== undefined && { user }),
    ...(isGranted({ name: "sys", kind: "hostname" }) && { host: Deno.hostname() }),
    ...(isGranted({ name: "read", path: "." }) && {
      directory: Deno.cwd(),
      command: maskSecrets([Deno.mainModule, ...Deno.args]).args,
    }),
  };
}
