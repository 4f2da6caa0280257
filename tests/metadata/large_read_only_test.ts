/** Reading a large database costs what the answers cost. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn, testEachDriver } from "../support/helpers.ts";

/** Beyond what a database in memory can be. */
const SIZE = 3 * 2 ** 30;

/** Makes a database large, with pages that nothing uses and that take no space on disk. */
async function enlarge(path: string): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  const header = new DataView(new ArrayBuffer(100));
  await file.read(new Uint8Array(header.buffer));
  const pageSize = header.getUint16(16);
  header.setUint32(28, SIZE / pageSize);
  await file.seek(0, Deno.SeekMode.Start);
  await file.write(new Uint8Array(header.buffer));
  await file.truncate(SIZE);
}

testEachDriver(
  "a database of 3 GiB is read without reading it into memory",
  (driver) =>
    inTempDir(async (dir) => {
      {
        await using store = await openIn(dir, { driver });
        await store.startRun({ id: "r" });
        await store.artifacts.put("r", "a", "text");
      }
      await enlarge(join(dir, "t.db"));
      const names = () => [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
      const before = names();
      const { rss } = Deno.memoryUsage();
      await using store = await openIn(dir, { driver, readOnly: true });
      assert.deepEqual((await store.runs.list()).map(({ id }) => id), ["r"]);
      assert.equal((await store.artifacts.find({ name: "a" })).length, 1);
      assert.ok(Deno.memoryUsage().rss - rss < 200 * 2 ** 20);
      assert.deepEqual(names(), before);
    }),
);

Deno.test("a database of 3 GiB is read with permission for its directory alone", () =>
  inTempDir(async (dir) => {
    {
      await using store = await openIn(dir);
      await store.startRun({ id: "r" });
    }
    await enlarge(join(dir, "t.db"));
    const permissions = [`--allow-read=${dir}`];
    const { success, stdout, stderr } = await child(
      "read_large.ts",
      [join(dir, "t.db")],
      permissions,
    ).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const [ids, rss] = JSON.parse(new TextDecoder().decode(stdout));
    assert.deepEqual(ids, ["r"]);
    assert.ok(rss < 500 * 2 ** 20, `${rss} bytes`);
  }));
