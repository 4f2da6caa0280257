/** The examples of the pages, and an ordinary user who tries them. */
import { join } from "@std/path";
import { bundle, PERMISSIONS } from "../../tools/compile.ts";
import { inTempDir } from "./helpers.ts";

/** A block of a page. */
export interface Example {
  /** Language, and words such as `ignore`. */
  readonly language: string;
  /** Text of the block. */
  readonly text: string;
}

/** All blocks of a page that have a language. */
export async function examplesOf(page: string): Promise<Example[]> {
  const text = await Deno.readTextFile(new URL(`../../${page}`, import.meta.url));
  return [...text.matchAll(/^```(\w[^\n]*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }));
}

/** The blocks of a page in a language, without those that are marked to be left out. */
export async function blocksOf(page: string, language: string): Promise<string[]> {
  const examples = await examplesOf(page);
  return examples.filter((it) => it.language === language).map(({ text }) => text);
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

/**
 * Gives a test an ordinary user with umask 077, who has `chachaml` in the PATH as the bundle with the
 * permissions of the binary. Where the tests run as root, it is another user, who can read nothing
 * of root's.
 */
export async function withUser(work: (user: User) => Promise<void>): Promise<void> {
  await inTempDir(async (dir) => {
    await Deno.chmod(dir, 0o755);
    const [bin, home, code] = ["bin", "home", "code"].map((name) => join(dir, name));
    for (const made of [bin!, home!, code!]) await Deno.mkdir(made);
    const entry = await bundle(code!);
    // The one of root may lie where no one else can look.
    await Deno.copyFile(Deno.execPath(), join(bin!, "deno-itself"));
    const flags = ["run", "--quiet", "--no-config", ...PERMISSIONS].join(" ");
    const program = `#!/bin/sh\nexec '${bin}/deno-itself' ${flags} '${entry}' "$@"\n`;
    await Deno.writeTextFile(join(bin!, "chachaml"), program, { mode: 0o755 });
    const isRoot = Deno.uid() === 0;
    if (isRoot) await Deno.chown(home!, ORDINARY, ORDINARY);
    const become = isRoot
      ? ["setpriv", `--reuid=${ORDINARY}`, `--regid=${ORDINARY}`, "--clear-groups"]
      : [];
    await work({
      home: home!,
      run: (shell, script) => {
        const begin = 'umask 077; mkdir -p "$1"; cd "$1"; exec "$2" -c "$3"';
        const [command, ...args] = [...become, "sh", "-c", begin, "sh"];
        return new Deno.Command(command!, {
          args: [...args, join(home!, "project"), shell, script],
          cwd: "/",
          clearEnv: true,
          env: { HOME: home!, PATH: `${home}/bin:${bin}:/usr/bin:/bin` },
          stdin: "null",
        }).output();
      },
    });
  });
}
