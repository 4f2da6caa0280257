import assert from "node:assert/strict";
import { join } from "@std/path";
import { child } from "./children/flags.ts";
import { inTempDir } from "./helpers.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Has a child use the store below `dir` with these permissions only. */
async function use(dir: string, how: "read" | "write", permissions: string[]) {
  const args = [join(dir, "t.db"), join(dir, "t-artifacts"), how];
  const { success, stdout, stderr } = await child("least_permission.ts", args, permissions)
    .output();
  return { success, stdout: decode(stdout), stderr: decode(stderr) };
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
    const db = join(dir, "t.db");
    const own = [db, `${db}-wal`, `${db}-shm`, join(dir, "t-artifacts")].join(",");
    const written = await use(dir, "write", [`--allow-read=${own}`, `--allow-write=${own}`]);
    assert.deepEqual([written.success, written.stderr], [true, ""]);
    assert.deepEqual(JSON.parse(written.stdout), EXPECTED);

    const read = await use(dir, "read", [`--allow-read=${own}`]);
    assert.deepEqual([read.success, read.stderr], [true, ""]);
    assert.deepEqual(JSON.parse(read.stdout), EXPECTED);
  }));

Deno.test("a store without the permission to write says so, and makes nothing", () =>
  inTempDir(async (dir) => {
    const outcome = await use(dir, "write", [`--allow-read=${dir}`]);
    assert.equal(outcome.success, false);
    assert.match(outcome.stderr, /StorageError.*write access/);
    assert.deepEqual([...Deno.readDirSync(dir)], []);
  }));
