/** Directories on the command line: nothing of them is left out without a word. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { chachaml, json, ok, startRun } from "../support/cli_helpers.ts";
import { execSh, lastRun, testWithShell as test } from "../support/exec_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

/** Makes files below a directory, each with its path as its content. */
async function makeFiles(root: string, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    const file = join(root, path);
    await Deno.mkdir(join(file, ".."), { recursive: true });
    await Deno.writeTextFile(file, path);
  }
}

/** Runs a script of sh. */
async function sh(script: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", ...args],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

async function namesOf(dir: string, run: string): Promise<string[]> {
  const artifacts = await json(dir, ["ls", run]);
  return artifacts.map(({ name }: { name: string }) => name).sort();
}

test("put leaves out .git and the like, and says so; --all stores them", async () => {
  await inTempDir(async (dir) => {
    const run = await startRun(dir);
    await makeFiles(join(dir, "p"), "a.txt", ".git/config", "sub/.svn/x", "sub/b.txt");
    const { code, err } = await chachaml(dir, ["put", run, join(dir, "p"), "--as", "p"]);
    assert.equal(code, 0);
    assert.match(
      err,
      /^stored 2 files \([^)]*\); left out [^\n]*p\/\.git[^\n]*\(--all stores it\)\n$/,
    );
    assert.deepEqual(await namesOf(dir, run), ["p/a.txt", "p/sub/b.txt"]);
    await ok(dir, ["put", run, join(dir, "p"), "--as", "q", "--all"]);
    assert.equal((await namesOf(dir, run)).length, 6);
  });
});

test("put --exclude and --gitignore leave out what matches, as git does", async () => {
  await inTempDir(async (dir) => {
    const root = join(dir, "p");
    await makeFiles(root, "a.txt", "a.ckpt", "out/b.txt", "sub/c.log", "sub/keep.log", "sub/d.txt");
    await Deno.writeTextFile(join(root, ".gitignore"), "/out\n*.log\n");
    await Deno.writeTextFile(join(root, "sub", ".gitignore"), "!keep.log\n");
    const run = await startRun(dir);
    const { err } = await chachaml(dir, ["put", run, root, "--as", "x", "--exclude", "*.ckpt"]);
    assert.match(err, /left out 1 excluded\n$/);
    await ok(dir, ["put", run, root, "--as", "y", "--gitignore", "--exclude", ".gitignore"]);
    const names = (await namesOf(dir, run)).filter((name) => name.startsWith("y/"));
    assert.deepEqual(names, ["y/a.ckpt", "y/a.txt", "y/sub/d.txt", "y/sub/keep.log"]);
  });
});

test("put says what it cannot store of a directory, and goes on with --keep-going", async () => {
  await inTempDir(async (dir) => {
    const root = join(dir, "p");
    await makeFiles(root, "good.txt", "a:b.txt", "sub/fine.txt");
    await sh(
      `cd "$1" && printf x > "$(printf 'bad\\377')" && mkfifo sub/pipe && ln -s nowhere lost`,
      root,
    );
    const run = await startRun(dir);
    const refused = await chachaml(dir, ["put", run, root, "--follow-links"]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.err, /--keep-going stores the others/);
    assert.deepEqual(await namesOf(dir, run), []);
    const args = ["put", run, root, "--as", "p", "--follow-links", "--keep-going"];
    const { code, err } = await chachaml(dir, args);
    assert.equal(code, 1);
    for (
      const words of [
        /bad[^\n]*: its name is not UTF-8; rename it\n/,
        /sub\/pipe": it is neither a file nor a directory\n/,
        /lost": it is a symbolic link that leads nowhere\n/,
        /a:b\.txt": [^\n]*Windows/,
        /^stored 2 files/m,
      ]
    ) assert.match(err, words);
    assert.deepEqual(await namesOf(dir, run), ["p/good.txt", "p/sub/fine.txt"]);
  });
});

test("put --portable=off stores names that Windows refuses", async () => {
  await inTempDir(async (dir) => {
    const root = join(dir, "p");
    await makeFiles(root, "epoch:1.txt", "what?", "nul");
    const run = await startRun(dir);
    const refused = await chachaml(dir, ["put", run, root, "--as", "p"]);
    assert.match(refused.err, /--portable=off allows it/);
    await ok(dir, ["put", run, root, "--as", "p", "--portable=off"]);
    assert.deepEqual(await namesOf(dir, run), ["p/epoch:1.txt", "p/nul", "p/what?"]);
    assert.equal(await ok(dir, ["cat", run, "p/what?"]), "what?");
    assert.equal((await chachaml(dir, ["verify"])).code, 0);
    await ok(dir, ["get", run, "p/", join(dir, "back")]);
    assert.equal(await Deno.readTextFile(join(dir, "back", "p", "nul")), "nul");
  });
});

test("put --follow-links stores what links lead to; --skip-links says how many it leaves out", async () => {
  await inTempDir(async (dir) => {
    await makeFiles(dir, "blobs/1", "other/in.txt");
    const root = join(dir, "snapshot");
    await Deno.mkdir(root);
    await Deno.symlink("../blobs/1", join(root, "model.bin"));
    await Deno.symlink("../other", join(root, "dir"));
    await Deno.symlink("..", join(root, "up"));
    const run = await startRun(dir);
    const skipped = await chachaml(dir, ["put", run, root, "--as", "s", "--skip-links"]);
    assert.match(skipped.err, /left out 3 symbolic links\n$/);
    await Deno.remove(join(root, "up"));
    await ok(dir, ["put", run, root, "--as", "m", "--follow-links"]);
    assert.deepEqual(await namesOf(dir, run), ["m/dir/in.txt", "m/model.bin"]);
    await Deno.symlink(".", join(root, "round"));
    const round = await chachaml(dir, ["put", run, root, "--as", "r", "--follow-links"]);
    assert.match(round.err, /round[^\n]*a directory that it lies in/);
  });
});

test("put of a FIFO is refused, and does not wait for its writer", async () => {
  await inTempDir(async (dir) => {
    await sh('mkfifo "$1/pipe"', dir);
    const run = await startRun(dir);
    const { code, err } = await chachaml(dir, ["put", run, join(dir, "pipe")]);
    assert.notEqual(code, 0);
    assert.match(err, /is neither a file nor a directory/);
  });
});

test("exec --artifact counts what it cannot store", async () => {
  await inTempDir(async (dir) => {
    const script = `mkdir -p "$1/out/.git" && cd "$1/out" && echo 1 > a && echo 2 > .git/x && ` +
      `printf x > "$(printf 'bad\\377')" && mkfifo pipe && ln -s nowhere lost && ln -s .. up`;
    const { code, err } = await execSh(dir, script, "--artifact", join(dir, "out"));
    assert.equal(code, 1);
    for (
      const words of [
        /bad[^\n]*not UTF-8/,
        /pipe[^\n]*neither a file/,
        /lost[^\n]*leads nowhere/,
        /up[^\n]*link to a directory; pass --follow-links/,
        /\.git[^\n]*left out/,
      ]
    ) assert.match(err, words);
    const { artifacts } = await lastRun(dir);
    assert.deepEqual(artifacts.map(({ name }: { name: string }) => name), ["a"]);
  });
});
