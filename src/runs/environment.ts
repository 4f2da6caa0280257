/** Environment in which a run is started, to understand and repeat it later. */
import { variable } from "../base/variable.ts";
import type { Environment } from "../metadata/run.ts";
import { maskSecrets } from "../text/mask_secrets.ts";
import { readCommit } from "./git.ts";

/** Lifetime of the cached git state, in milliseconds: a sweep starts many runs from one state. */
const HOLDS = 5000;

let last: { at: number; git: Promise<Environment["git"]> } | undefined;

/** Captures the environment. Never fails, and uses only permissions that are already granted. */
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

/** How this program was started, as far as permissions allow to read it. */
export interface ProgramInvocation {
  /** Name of the user. */
  readonly user?: string;
  /** Name of the host. */
  readonly host?: string;
  /** Working directory. */
  readonly directory?: string;
  /** Program and arguments, without secrets. */
  readonly command?: readonly string[];
}

/** Describes how this program was started. */
export function describeProgram(): ProgramInvocation {
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
