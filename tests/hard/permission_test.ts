import assert from "node:assert/strict";
import { join } from "@std/path";
import { child } from "../support/children/flags.ts";
import { inTempDir } from "../support/helpers.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Has a child use the store `name` of `dir` with these permissions only. */
async function use(dir: string, how: string, permissions: string[], name = "t") {
  const args = [join(dir, `${name}.db`), join(dir, `${name}-artifacts`), how, join(dir, "backup")];
  const { success, stdout, stderr } = await child("least_permission.ts", args, permissions)
    .output();
  return { success, stdout: decode(stdout), stderr: decode(stderr) };
}

/** The same, and what it has printed; it must succeed without a word. */
async function outcomeOf(...call: Parameters<typeof use>): Promise<unknown> {
  const { success, stdout, stderr } = await use(...call);
  assert.deepEqual([success, stderr], [true, ""]);
  return JSON.parse(stdout);
}

/** The paths of a store, one by one: the directory that they are in is not among them. */
function pathsOf(dir: string, name = "t"): string {
  const db = join(dir, `${name}.db`);
  return [db, `${db}-wal`, `${db}-shm`, join(dir, `${name}-artifacts`)].join(",");
}

const EXPECTED = {
  driver: "builtin",
  runs: ["r"],
  names: ["d/kept.txt", "stream"],
  text: "kept",
  found: 1,
};

Deno.test("a store needs no permission but to read and write its own paths", () =>
  inTempDir(async (dir) => {
    const own = pathsOf(dir);
    const both = [`--allow-read=${own}`, `--allow-write=${own}`];
    assert.deepEqual(await outcomeOf(dir, "write", both), EXPECTED);
    assert.deepEqual(await outcomeOf(dir, "read", [`--allow-read=${own}`]), EXPECTED);

    // Of all this, hashing by workers is what could want more.
    const MANY = 40 * 1024 * 1024;
    assert.deepEqual(await outcomeOf(dir, "care", both), {
      driver: "builtin",
      shared: 1,
      verified: {
        artifacts: 4,
        bytes: 2 * MANY + 200_004,
        damaged: 0,
        hashed: 4,
        leftovers: 1,
        foreign: 0,
      },
      removed: ["orphan"],
      pruned: ["r"],
      fileBytes: MANY,
    });
    assert.deepEqual(await outcomeOf(dir, "check", [`--allow-read=${own}`]), {
      artifacts: 2,
      bytes: 2 * MANY,
      damaged: 0,
      hashed: 2,
      leftovers: 0,
      foreign: 0,
    });
  }));

Deno.test("backup and repair need the store's own paths, and the backup's directory, alone", () =>
  inTempDir(async (dir) => {
    const own = pathsOf(dir);
    await outcomeOf(dir, "write", [`--allow-read=${own}`, `--allow-write=${own}`]);
    const backup = join(dir, "backup");
    const both = [`--allow-read=${own},${backup}`, `--allow-write=${own},${backup}`];
    const whole = { copied: 2, omitted: [], damaged: 0 };
    assert.deepEqual(await outcomeOf(dir, "backup", both), whole);
    assert.deepEqual(await outcomeOf(dir, "backup", both), { ...whole, copied: 0 });

    await Deno.remove(join(dir, "t-artifacts/r/stream"));
    const repair = [`--allow-read=${own},${backup}`, `--allow-write=${own}`];
    assert.deepEqual(await outcomeOf(dir, "restore", repair), { restored: 1, failed: [] });
    assert.deepEqual(await outcomeOf(dir, "read", [`--allow-read=${own}`]), EXPECTED);
  }));

Deno.test("a restore to where there is no store needs the directory, or says that it does", () =>
  inTempDir(async (dir) => {
    const own = pathsOf(dir);
    await outcomeOf(dir, "write", [`--allow-read=${own}`, `--allow-write=${own}`]);
    const backup = join(dir, "backup");
    const both = [`--allow-read=${own},${backup}`, `--allow-write=${own},${backup}`];
    await outcomeOf(dir, "backup", both);

    const other = pathsOf(dir, "u");
    const paths = [`--allow-read=${other},${backup}`, `--allow-write=${other}`];
    const refused = await use(dir, "restore", paths, "u");
    assert.equal(refused.success, false);
    assert.match(refused.stderr, /StorageError: Cannot restore "[^\n]+u\.db": [^\n]*access/);
    await assert.rejects(Deno.stat(join(dir, "u.db")), Deno.errors.NotFound);
    const directory = [`--allow-read=${dir}`, `--allow-write=${dir}`];
    assert.deepEqual(await outcomeOf(dir, "restore", directory, "u"), { restored: 2, failed: [] });
  }));

Deno.test("a store without the permission to write says so, and makes nothing", () =>
  inTempDir(async (dir) => {
    const outcome = await use(dir, "write", [`--allow-read=${dir}`]);
    assert.equal(outcome.success, false);
    assert.match(outcome.stderr, /StorageError.*write access/);
    assert.deepEqual([...Deno.readDirSync(dir)], []);
  }));
