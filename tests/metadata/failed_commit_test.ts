/** A commit that failed may come back after a crash: no bytes may be removed before the next one. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { StorageError } from "../../mod.ts";
import { SqliteMetadata } from "../../src/metadata/sqlite/metadata_store.ts";
import { openDatabase } from "../../src/metadata/sqlite/open_database.ts";
import { type SqlDriver, SqlError } from "../../src/metadata/sqlite/sql_driver.ts";
import { inTempDir } from "../support/helpers.ts";
import { wrappingDriver } from "../support/wrapping_driver.ts";

/** A driver that notes commits, and lets the next `failures` of them fail. */
function failingDriver(log: string[]): SqlDriver & { failures: number } {
  const wrapping = wrappingDriver((statement, text) => {
    if (text !== "COMMIT") return statement;
    return {
      get: statement.get.bind(statement),
      all: statement.all.bind(statement),
      tuples: statement.tuples.bind(statement),
      run() {
        if (driver.failures > 0) {
          driver.failures--;
          log.push("commit failed");
          throw new SqlError("other", "disk I/O error");
        }
        log.push("commit");
        return statement.run();
      },
    };
  });
  const driver = { ...wrapping, failures: 0 };
  return driver;
}

Deno.test("after a failed commit, bytes are removed only once another commit has succeeded", () =>
  inTempDir(async (dir) => {
    const log: string[] = [];
    const driver = failingDriver(log);
    const database = await openDatabase({
      path: join(dir, "t.db"),
      driver,
      readOnly: false,
      durability: "full",
      busyTimeout: 1000,
    });
    const metadata = new SqliteMetadata(database, driver, Date.now);
    await metadata.runs.start({ id: "r" }, null);
    const artifact = { runId: "r", name: "a", contentType: null, size: 1, hash: "a".repeat(64) };
    const remove = () =>
      metadata.artifacts.removeIfUnnamed(["r/a"], () => {
        log.push("removed");
        return Promise.resolve();
      });
    log.length = 0;
    driver.failures = 1;
    await assert.rejects(
      metadata.artifacts.insert(artifact, () => Promise.resolve()),
      StorageError,
    );
    await remove();
    assert.deepEqual(log, ["commit failed", "commit", "commit", "removed", "commit"]);

    // While commits go on failing, nothing is removed.
    log.length = 0;
    driver.failures = 2;
    await assert.rejects(metadata.artifacts.insert(artifact, () => Promise.resolve()));
    await assert.rejects(remove(), StorageError);
    assert.deepEqual(log, ["commit failed", "commit failed"]);
    await remove();
    assert.deepEqual(log.slice(2), ["commit", "commit", "removed", "commit"]);
    await metadata.close();
  }));
