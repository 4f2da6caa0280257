/** The commit is noted without running anything that a repository names. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { child } from "../support/children/flags.ts";
import { inTempDir } from "../support/helpers.ts";

const gitMissing = Deno.build.os === "windows"
  ? "its programs are shell scripts"
  : await new Deno.Command("git", { args: ["--version"], stdout: "null" }).output()
    .then(() => undefined, () => "there is no git");

/** Declares a test in a repository with one commit, of one file. */
function testInRepository(
  name: string,
  test: (repository: string, git: (...args: string[]) => Promise<string>) => Promise<void>,
): void {
  const skipped = gitMissing === undefined ? "" : ` (skipped: ${gitMissing})`;
  Deno.test({
    name: name + skipped,
    ignore: gitMissing !== undefined,
    fn: () =>
      inTempDir(async (dir) => {
        const repository = join(dir, "repository");
        await Deno.mkdir(repository);
        const git = async (...args: string[]) => {
          const who = ["-c", "user.name=a", "-c", "user.email=a@b.invalid"];
          const { success, stdout, stderr } = await new Deno.Command("git", {
            args: [...who, ...args],
            cwd: repository,
          }).output();
          assert.ok(success, new TextDecoder().decode(stderr));
          return new TextDecoder().decode(stdout).trim();
        };
        await git("init");
        await Deno.writeTextFile(join(repository, "tracked"), "1");
        await git("add", ".");
        await git("commit", "-m", "first");
        await test(repository, git);
      }),
  });
}

/** What a run that is started in a directory notes of its commit. */
async function noted(
  dir: string,
  env: Record<string, string> = {},
): Promise<{ sha: string; branch?: string; "dirty?"?: boolean } | undefined> {
  const command = child("start_run.ts", [dir], ["-A"], env);
  const { success, stdout, stderr } = await command.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout)).git;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** A shell script that leaves a file where it is run. */
async function trap(path: string, mark: string): Promise<string> {
  await Deno.writeTextFile(path, `#!/bin/sh\ntouch '${mark}'\ncat\n`, { mode: 0o755 });
  return path;
}

testInRepository(
  "starting a run does not run what the repository's configuration names",
  async (repository, git) => {
    const mark = join(repository, "..", "ran");
    const program = await trap(join(repository, ".git", "trap"), mark);
    await Deno.writeTextFile(join(repository, ".gitattributes"), "* filter=own\n");
    await git("add", ".");
    await git("commit", "-m", "attributes");
    await git("config", "core.fsmonitor", program);
    await git("config", "filter.own.clean", program);
    await git("config", "filter.own.smudge", program);
    await git("config", "diff.external", program);
    await git("config", "core.pager", program);
    for (const hook of ["post-index-change", "post-checkout", "fsmonitor-watchman"]) {
      await trap(join(repository, ".git", "hooks", hook), mark);
    }
    // Of the same size as what is committed, so that only its content tells.
    await Deno.writeTextFile(join(repository, "tracked"), "2");
    const found = await noted(repository);
    assert.equal(await exists(mark), false);
    assert.match(found!.sha, /^[0-9a-f]{40}$/);
    // A filter that must not run might turn these bytes into those that are committed.
    assert.equal(found!["dirty?"], undefined);
    await git("config", "filter.own=odd.clean", program);
    assert.equal((await noted(repository))!["dirty?"], undefined);
    assert.equal(await exists(mark), false);
  },
);

testInRepository(
  "starting a run does not run a git that the repository brings along",
  async (repository) => {
    const mark = join(repository, "..", "ran");
    await trap(join(repository, "git"), mark);
    const PATH = `.:${repository.split("/").at(-1)}:${Deno.env.get("PATH")}`;
    assert.match((await noted(repository, { PATH }))!.sha, /^[0-9a-f]{40}$/);
    assert.equal(await exists(mark), false);
  },
);

testInRepository("a file that was only touched does not make a run dirty", async (repository) => {
  const file = join(repository, "tracked");
  await Deno.utime(file, new Date(0), new Date(0));
  assert.equal((await noted(repository))!["dirty?"], false);
  await Deno.writeTextFile(file, "2");
  await Deno.utime(file, new Date(0), new Date(0));
  assert.equal((await noted(repository))!["dirty?"], true);
});

testInRepository(
  "the commit is noted also where git takes too long to compare files, and git is ended",
  async (repository) => {
    const which = await new Deno.Command("which", { args: ["git"] }).output();
    const real = new TextDecoder().decode(which.stdout).trim();
    const bin = join(repository, "..", "bin");
    const pids = join(repository, "..", "pids");
    await Deno.mkdir(bin);
    await Deno.writeTextFile(
      join(bin, "git"),
      `#!/bin/sh\ncase "$*" in *diff-index*) sleep 60 & echo $! >> '${pids}'; wait;; ` +
        `*) exec '${real}' "$@";; esac\n`,
      { mode: 0o755 },
    );
    const found = await noted(repository, { PATH: `${bin}:${Deno.env.get("PATH")}` });
    assert.match(found!.sha, /^[0-9a-f]{40}$/);
    assert.equal(found!["dirty?"], undefined);
    const pid = (await Deno.readTextFile(pids)).trim();
    // Gone, or dead and not yet fetched by its parent.
    const state = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => ") Z");
    assert.match(state, /\) [ZX]/);
  },
);

testInRepository("the changes since the commit are stored on demand", async (repository) => {
  await Deno.writeTextFile(join(repository, "tracked"), "2\n");
  const { success, stdout, stderr } = await child("start_run.ts", [repository, "diff"]).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  assert.match(new TextDecoder().decode(stdout), /^-1$[^]*^\+2$/m);
});
