import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fromFileUrl, join } from "@std/path";
import { restoreStore, type Store } from "../../mod.ts";
import {
  assertTidy,
  backedUp,
  type Contents,
  contentsOf,
  filled,
  namesIn,
  readBackup,
  stateOf,
  tamper,
} from "../support/backup_helpers.ts";
import { childFlags, inTempDir, openIn } from "../support/helpers.ts";

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Has a method fail where `when` says so, until disposed of. */
function failing(
  target: object,
  name: string,
  when: (args: unknown[], self: unknown) => boolean = () => true,
): Disposable {
  const methods = target as Record<string, Method>;
  const original = methods[name]!;
  methods[name] = function (...args) {
    if (!when(args, this)) return original.apply(this, args);
    const error = Object.assign(new Error("No space left on device (os error 28)"), {
      code: "ENOSPC",
    });
    if (name.endsWith("Sync") || name === "run") throw error;
    return Promise.reject(error);
  };
  return { [Symbol.dispose]: () => void (methods[name] = original) };
}

const statement = Object.getPrototypeOf(new DatabaseSync(":memory:").prepare("SELECT 1"));
const isSql = (text: string) => (_: unknown[], self: unknown) =>
  (self as { sourceSQL: string }).sourceSQL.startsWith(text);

/** Where a disk may turn out to be full. */
const FAULTS: Record<string, () => Disposable> = {
  "locking the place": () =>
    failing(
      Deno,
      "openSync",
      ([, how]) => (how as Deno.OpenOptions | undefined)?.createNew === true,
    ),
  "copying by the kernel": () => failing(Deno, "copyFile"),
  "writing a file": () => failing(Deno.FsFile.prototype, "writeSync"),
  "syncing a file": () => failing(Deno.FsFile.prototype, "syncData"),
  "syncing a directory": () => failing(Deno.FsFile.prototype, "sync"),
  "making a directory": () => failing(Deno, "mkdirSync"),
  "publishing a file": () =>
    failing(Deno, "linkSync", ([, to]) => !String(to).includes(".staging")),
  "writing the rows": () => failing(statement, "run", isSql("DELETE FROM backup_of")),
  "the last commit": () => {
    let settling = false;
    return failing(statement, "run", (args, self) => {
      settling ||= isSql("DELETE FROM backup_of")(args, self);
      return settling && isSql("COMMIT")(args, self);
    });
  },
  "giving the database its place": () => failing(Deno, "rename"),
};

async function toldOf(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.match((error as Error).message, /No space left|the disk is full; free some space/);
    return true;
  });
}

/** Asserts that a backup says what it said before, wherever its files have been moved to. */
function assertSame(now: Contents, before: Contents): void {
  const texts = ({ artifacts }: Contents) =>
    artifacts.map(({ id, hash, text }) => [id, hash, text]);
  assert.deepEqual(now.runs, before.runs);
  assert.deepEqual(texts(now), texts(before));
}

async function change(store: Store): Promise<void> {
  await store.artifacts.put("r", "a", "other text of a", { ifExists: "replace" });
  await store.artifacts.put("r", "new/directory/a", "new");
  await store.artifacts.put("r", "large too", "fedcba9876543210".repeat(100_000));
}

for (const [fault, inject] of Object.entries(FAULTS)) {
  Deno.test(`when the disk is full at ${fault}, the previous backup stays whole`, () =>
    inTempDir(async (dir) => {
      const dest = join(dir, "b");
      // Read-only, so that the fault is met where the backup is.
      const writer = await filled(dir);
      await using store = await openIn(dir, { readOnly: true });
      await writer.backup(dest);
      const before = await backedUp(dest);
      await change(writer);
      {
        using _fault = inject();
        await toldOf(store.backup(dest));
      }
      assertSame(await readBackup(dest), before);
      assert.deepEqual(namesIn(dest), ["chachaml-artifacts", "chachaml.db"]);
      assert.deepEqual(namesIn(join(dest, "chachaml-artifacts/.staging")), []);
      await store.backup(dest);
      assertTidy(dest);
      assert.deepEqual(await backedUp(dest), await contentsOf(writer));
      await writer.close();
    }));

  Deno.test(`when the disk is full at ${fault}, a restore can be made again`, () =>
    inTempDir(async (dir) => {
      const [backup, path] = [join(dir, "b"), join(dir, "new/t.db")];
      await using store = await filled(dir);
      await store.backup(backup);
      {
        using _fault = inject();
        await toldOf(restoreStore(backup, { path, driver: "builtin" }));
      }
      assert.deepEqual(namesIn(join(dir, "new")).filter((name) => name.includes(".db")), []);
      assert.deepEqual((await restoreStore(backup, { path, driver: "builtin" })).failed, []);
      await using again = await openIn(join(dir, "new"));
      assert.deepEqual(await contentsOf(again), await contentsOf(store));
      assert.equal((await again.verify().summary()).leftovers, 0);
    }));
}

Deno.test("a damaged database stays in its place when there is no room for the backup's", () =>
  inTempDir(async (dir) => {
    const home = join(dir, "home");
    const store = await filled(home);
    const path = store.path!;
    await store.backup(join(dir, "b"));
    await store.close();
    await Deno.remove(join(store.artifactDir!, "r/large"));
    tamper(path, "no database any more");
    const before = stateOf(home);
    {
      using _fault = failing(Deno, "copyFile");
      await toldOf(restoreStore(join(dir, "b"), { path, database: true, driver: "builtin" }));
    }
    assert.deepEqual(stateOf(home), before);
  }));

Deno.test("when there is no room for the database, the previous backup stays whole", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    const store = await filled(dir);
    await store.backup(dest);
    const before = await backedUp(dest);
    await store.runs.logParams("r", { large: "x".repeat(2_000_000) });
    await store.close();
    // A limit for each file stands in for a full disk: the process is not killed for reaching it.
    const { success, stderr } = await new Deno.Command("sh", {
      args: [
        "-c",
        'trap "" XFSZ; ulimit -f 1000; exec "$@"',
        "sh",
        ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "-A", ...childFlags()],
        fromFileUrl(new URL("../support/children/backup_crash_child.ts", import.meta.url)),
        ...[store.path!, "backup", dest, "0"],
      ],
    }).output();
    assert.equal(success, false);
    assert.match(new TextDecoder().decode(stderr), /StorageError: Cannot copy the database to/);
    assertTidy(dest);
    assert.deepEqual(await backedUp(dest), before);
  }));
