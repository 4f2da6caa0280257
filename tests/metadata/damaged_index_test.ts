/** Damage that hides records is found, and not made worse. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { chooseDriver } from "../../src/metadata/sqlite/choose_driver.ts";
import { SqliteMetadata } from "../../src/metadata/sqlite/metadata_store.ts";
import { openDatabase } from "../../src/metadata/sqlite/open_database.ts";
import { inTempDir, openIn, testEachDriver } from "../support/helpers.ts";

/** Flips one bit of the key "keep.bin" in the page of an index. */
async function damageIndex(path: string, index: string): Promise<void> {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const { rootpage } = database.prepare("SELECT rootpage FROM sqlite_master WHERE name = ?")
    .get(index)!;
  const { page_size } = database.prepare("PRAGMA page_size").get()!;
  database.close();
  const bytes = await Deno.readFile(path);
  const start = (Number(rootpage) - 1) * Number(page_size);
  const page = new TextDecoder("latin1").decode(bytes.subarray(start, start + Number(page_size)));
  const at = page.indexOf("keep.bin");
  assert.ok(at > 0);
  bytes[start + at]! ^= 1;
  await Deno.writeFile(path, bytes);
}

testEachDriver(
  "check() finds a flipped bit in an index, and namedByScan() does not trust one",
  (driverName) =>
    inTempDir(async (dir) => {
      {
        await using store = await openIn(dir, { driver: driverName });
        await store.startRun({ id: "r" });
        await store.artifacts.put("r", "keep.bin", "keep");
      }
      const path = join(dir, "t.db");
      await damageIndex(path, "idx_artifacts_run_name");
      const driver = await chooseDriver(driverName);
      for (const readOnly of [true, false]) {
        const database = await openDatabase({
          path,
          driver,
          readOnly,
          durability: "full",
          busyTimeout: 1000,
        });
        const metadata = new SqliteMetadata(database, driver, Date.now);
        try {
          assert.equal(await metadata.artifacts.byName("r", "keep.bin"), undefined);
          const { damage } = await metadata.check();
          assert.match(damage.join("\n"), /idx_artifacts_run_name/);
          assert.deepEqual(
            await metadata.artifacts.namedByScan(["r/keep.bin", "r/other"]),
            new Set(["r/keep.bin"]),
          );
        } finally {
          await metadata.close();
        }
      }
    }),
);
