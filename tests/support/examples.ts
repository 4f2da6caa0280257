/** The examples of the pages, and an ordinary user who tries them. */
import { join } from "@std/path";
import { bundle, PERMISSIONS } from "../../tools/compile.ts";
import { inTempDir } from "./helpers.ts";

/** The blocks of a page in a language, without those that are marked to be left out. */
export async function blocksOf(page: string, language: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(`../../${page}`, import.meta.url));
  return [...text.matchAll(/^```(\w[^\n]*)\n(.*?)^```$/gms)]
    .filter(([, found]) => found === language)
    .map(([, , block]) => block!);
}

/** An id that no user has; the superuser becomes it. */
const ORDINARY = 54_324;

/** A user with a home of its own, in which there is nothing but the program. */
export interface User {
  /** The home. */
  readonly home: string;
  /** Runs a script of a shell in a directory of the home, in an otherwise empty environment. */
  run(shell: string, script: string): Promise<Deno.CommandOutput>;
}

/** Installs `chachaml` in a directory of its own, which anyone can read. */
async function install(): Promise<string> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "chachaml-test-" }));
  await Deno.chmod(dir, 0o755);
  const [bin, code] = ["bin", "code"].map((name) => join(dir, name));
  for (const made of [bin!, code!]) await Deno.mkdir(made);
  const entry = await bundle(code!);
  // The one of root may lie where no one else can look.
  await Deno.copyFile(Deno.execPath(), join(bin!, "deno-itself"));
  const flags = ["run", "--quiet", "--no-config", ...PERMISSIONS].join(" ");
  const program = `#!/bin/sh\nexec '${bin}/deno-itself' ${flags} '${entry}' "$@"\n`;
  await Deno.writeTextFile(join(bin!, "chachaml"), program, { mode: 0o755 });
  return dir;
}

/** Where `chachaml` is installed for the tests of a file. */
let installed: Promise<string> | undefined;
Deno.test.afterAll(async () => {
  if (installed) await Deno.remove(await installed, { recursive: true });
});

/**
 * Gives a test an ordinary user with umask 077, who has `chachaml` in the PATH as the bundle with the
 * permissions of the binary. Where the tests run as root, it is another user, who can read nothing
 * of root's.
 */
export async function withUser(work: (user: User) => Promise<void>): Promise<void> {
  await inTempDir(async (dir) => {
    await Deno.chmod(dir, 0o755);
    const home = join(dir, "home");
    await Deno.mkdir(home);
    const bin = join(await (installed ??= install()), "bin");
    const isRoot = Deno.uid() === 0;
    if (isRoot) await Deno.chown(home, ORDINARY, ORDINARY);
    const become = isRoot
      ? ["setpriv", `--reuid=${ORDINARY}`, `--regid=${ORDINARY}`, "--clear-groups"]
      : [];
    await work({
      home,
      run: (shell, script) => {
        const begin = 'umask 077; mkdir -p "$1"; cd "$1"; exec "$2" -c "$3"';
        const [command, ...args] = [...become, "sh", "-c", begin, "sh"];
        return new Deno.Command(command!, {
          args: [...args, join(home, "project"), shell, script],
          cwd: "/",
          clearEnv: true,
          env: { HOME: home, PATH: `${home}/bin:${bin}:/usr/bin:/bin` },
          stdin: "null",
        }).output();
      },
    });
  });
}
