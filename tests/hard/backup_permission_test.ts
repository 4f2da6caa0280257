import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore } from "../../mod.ts";
import { assertTidy, backedUp, contentsOf, filled, stateOf } from "../support/backup_helpers.ts";
import { child } from "../support/children/flags.ts";
import { inTempDir } from "../support/helpers.ts";

/** Has a child back up or restore with these permissions only; gives what it has printed. */
async function work(
  how: "backup" | "backup read-only" | "restore",
  { path, backup }: { path: string; backup: string },
  permissions: string[],
): Promise<unknown> {
  const { success, stdout, stderr } = await child("backup_least_permission.ts", [
    how,
    path,
    backup,
  ], permissions).output();
  assert.deepEqual([success, new TextDecoder().decode(stderr)], [true, ""]);
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("backup and restore need no permission but for the two places", () =>
  inTempDir(async (dir) => {
    const [home, backup, again] = ["home", "b", "again"].map((name) => join(dir, name)) as [
      string,
      string,
      string,
    ];
    const store = await filled(home);
    const contents = await contentsOf(store);
    await store.close();
    const here = { path: store.path!, backup };
    const both = (...paths: string[]) => [`--allow-read=${paths}`, `--allow-write=${paths}`];

    const backedUpAll = { done: 4, failed: 0, check: 0 };
    assert.deepEqual(await work("backup", here, both(home, backup)), backedUpAll);
    assertTidy(backup);
    assert.deepEqual(await backedUp(backup), contents);
    const twice = { ...backedUpAll, done: 0 };
    assert.deepEqual(await work("backup", here, both(home, backup)), twice);

    // Neither what is only read needs the permission to write.
    const reading = [`--allow-read=${[home, backup]}`, `--allow-write=${backup}`];
    assert.deepEqual(await work("backup read-only", here, reading), twice);
    const state = stateOf(backup);
    const there = { path: join(again, "t.db"), backup };
    const restoring = [`--allow-read=${[again, backup]}`, `--allow-write=${again}`];
    assert.deepEqual(await work("restore", there, restoring), {
      done: 4,
      failed: 0,
      database: true,
    });
    await Deno.remove(join(again, "t-artifacts/r/a"));
    assert.deepEqual(await work("restore", there, restoring), {
      done: 1,
      failed: 0,
      database: false,
    });
    assert.deepEqual(stateOf(backup), state);
    await using restored = await openStore({ path: there.path, driver: "builtin" });
    assert.deepEqual(await contentsOf(restored), contents);
  }));

Deno.test("a backup without the permission to write says so, and makes nothing", () =>
  inTempDir(async (dir) => {
    const store = await filled(join(dir, "home"));
    await store.close();
    const { success, stderr } = await child("backup_least_permission.ts", [
      "backup read-only",
      store.path!,
      join(dir, "b"),
    ], [`--allow-read=${dir}`]).output();
    assert.equal(success, false);
    assert.match(
      new TextDecoder().decode(stderr),
      /StorageError: Cannot back up to .*write access/,
    );
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name), ["home"]);
  }));
