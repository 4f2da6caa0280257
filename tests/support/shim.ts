/** Compiles the fault shim and runs children of a test with it. */
import { fromFileUrl, join } from "@std/path";
import { child } from "./children/flags.ts";

/** What the shim does to a child; see `fault_shim.c`. */
export interface Fault {
  /** Directory of the files in question, by its real path. */
  readonly dir: string;
  /** Calls that count: names or groups. */
  readonly calls: readonly string[];
  /** Part of the paths that count. */
  readonly match?: string;
  /** Number of the call to fail, from 1; 0 only counts. */
  readonly at?: number;
  /** Whether all later ones fail, too. */
  readonly on?: boolean;
  /** What happens there: the name of an error, `short`, `kill` or `stop`. */
  readonly action?: string;
  /** Whether a full file system is told as a quota that is used up. */
  readonly quota?: boolean;
  /** Gets one line for each call that counts. */
  readonly log?: string;
  /** Gets each change with its bytes. */
  readonly record?: string;
}

const here = (path: string) => fromFileUrl(new URL(path, import.meta.url));

/** Why there is no shim; `undefined` if there is one. */
export const shimMissing: string | undefined = Deno.build.os === "linux"
  ? await missingCompiler()
  : "the shim is for Linux";

async function missingCompiler(): Promise<string | undefined> {
  try {
    const { success } = await new Deno.Command("cc", { args: ["--version"] }).output();
    return success ? undefined : "cc does not work";
  } catch {
    return "there is no C compiler, cc";
  }
}

let built: Promise<string> | undefined;

/** Path of the compiled shim. It is removed when the tests of this process have ended. */
export function buildShim(): Promise<string> {
  return built ??= (async () => {
    const dir = await Deno.makeTempDir({ prefix: "chachaml-shim-" });
    globalThis.addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
    const shim = join(dir, "shim.so");
    const args = ["-O1", "-shared", "-fPIC", "-o", shim, here("fault_shim.c"), "-ldl", "-lpthread"];
    const { success, stderr } = await new Deno.Command("cc", { args }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return shim;
  })();
}

/** A program of `tests/support/children` below the shim. */
export async function shimmed(
  name: string,
  args: readonly string[],
  fault: Fault,
): Promise<Deno.Command> {
  const env = { LD_PRELOAD: await buildShim(), ...environment(fault) };
  return child(name, args, ["-A"], env);
}

function environment(fault: Fault): Record<string, string> {
  const { dir, calls, match, at = 0, on = false, action = "EIO", quota = false, log, record } =
    fault;
  return {
    SHIM_DIR: dir,
    SHIM_CALLS: calls.join(","),
    SHIM_AT: String(at),
    SHIM_DO: action,
    ...match === undefined ? {} : { SHIM_MATCH: match },
    ...on ? { SHIM_ON: "1" } : {},
    ...quota ? { SHIM_QUOTA: "1" } : {},
    ...log === undefined ? {} : { SHIM_LOG: log },
    ...record === undefined ? {} : { SHIM_RECORD: record },
  };
}

/** Declares a test that needs the shim; where it cannot be had, it is skipped and says why. */
export function testWithShim(name: string, test: (step: Deno.TestContext) => Promise<void>): void {
  if (shimMissing === undefined) Deno.test(name, test);
  else Deno.test.ignore(`${name} (skipped: ${shimMissing})`, () => {});
}
