/** Who may read and write what, by the umask and by the directory's group. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

const missing = Deno.build.os !== "linux" || Deno.uid() !== 0
  ? "only root can become others"
  : undefined;

function testAsRoot(name: string, test: () => Promise<void>): void {
  if (missing === undefined) Deno.test(name, test);
  else Deno.test.ignore(`${name} (skipped: ${missing})`, () => {});
}

const GROUP = 54_321;
const USERS = [54_322, 54_323];

async function useAs(dir: string, uid: number, umask: string, part: string): Promise<void> {
  const args = [dir, String(uid), String(GROUP), umask, part];
  const { success, stderr } = await child("two_users.ts", args).output();
  assert.ok(success, `${part}: ${new TextDecoder().decode(stderr)}`);
}

/** All below a directory, with mode and group. */
function* entriesOf(dir: string): Generator<{ path: string; mode: number; gid: number | null }> {
  for (const { name, isDirectory } of Deno.readDirSync(dir)) {
    const path = join(dir, name);
    const { mode, gid } = Deno.lstatSync(path);
    yield { path, mode: mode! & 0o777, gid };
    if (isDirectory) yield* entriesOf(path);
  }
}

testAsRoot(
  "two users with umask 002 share a store in a directory of their group",
  () =>
    inTempDir(async (around) => {
      await Deno.chmod(around, 0o755);
      const dir = join(around, "shared");
      await Deno.mkdir(dir);
      await Deno.chown(dir, USERS[0]!, GROUP);
      await Deno.chmod(dir, 0o2775);
      await useAs(dir, USERS[0]!, "002", "first");
      await useAs(dir, USERS[1]!, "002", "second");
      await useAs(dir, USERS[0]!, "002", "third");
      await using store = await openIn(dir);
      assert.equal(await (await store.artifacts.get("shared", "latest")).text(), "third");
      const { damaged, leftovers } = await store.verify().summary();
      assert.deepEqual({ damaged, leftovers }, { damaged: 0, leftovers: 0 });
      for (const { path, gid } of entriesOf(dir)) assert.equal(gid, GROUP, path);
    }),
);

testAsRoot(
  "with umask 077 nobody else can read a store, or a backup of it",
  () =>
    inTempDir(async (around) => {
      await Deno.chmod(around, 0o755);
      const dir = join(around, "own");
      await Deno.mkdir(dir);
      await Deno.chown(dir, USERS[0]!, GROUP);
      await useAs(dir, USERS[0]!, "077", "first");
      await useAs(dir, USERS[0]!, "077", "second");
      for (const { path, mode } of entriesOf(dir)) {
        assert.equal(mode & 0o077, 0, `${path} has mode ${mode.toString(8)}`);
      }
    }),
);
