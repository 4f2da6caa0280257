import { ArtifactStore } from "./artifacts/artifact_store.ts";
import { SqliteArtifactIndex } from "./artifacts/sqlite_artifact_index.ts";
import { FileByteStore } from "./bytes/file_byte_store.ts";
import { locate } from "./location.ts";
import { checkOpenOptions, type OpenOptions } from "./open_options.ts";
import { SqliteRunStore } from "./runs/sqlite_run_store.ts";
import { chooseDriver } from "./sql/choose_driver.ts";
import { openDatabase } from "./sql/open_database.ts";
import { Store } from "./store.ts";

/**
 * Opens a store, and creates it where it is missing.
 *
 * Needs read and write permission for the database, its `-wal` and `-shm`, and the artifact
 * directory; read alone with `readOnly`. The `"ffi"` driver needs `--allow-ffi` and `--allow-env` too.
 *
 * @example Store and read back
 * ```ts
 * import { openStore } from "@chachaml/store";
 * import assert from "node:assert/strict";
 *
 * await using store = await openStore({ inMemory: true });
 * const run = await store.startRun({ experiment: "iris" });
 * await run.put("report.md", "# Fine");
 * const report = await store.get(run.id, "report.md");
 * assert.equal(await report.text(), "# Fine");
 * ```
 *
 * @param options Where the store is and how it is used.
 * @returns The open store; close it, or declare it by `await using`.
 * @throws {InvalidOptionError} If an option cannot be used.
 * @throws {NotAStoreError} If the file is no SQLite database, or another program's. It is not touched.
 * @throws {StoreNotFoundError} If there is no store and `readOnly` is set.
 * @throws {DriverError} If the driver cannot be had, or this process has the file open with the other.
 * @throws {StorageError} If the system refuses.
 */
export async function openStore(options: OpenOptions = {}): Promise<Store> {
  checkOpenOptions(options);
  const { readOnly = false, durability = "full", busyTimeout = 60_000 } = options;
  const driver = await chooseDriver(options.driver ?? "auto");
  const { path, artifactDir, cleanUp } = await locate(options);
  try {
    const database = await openDatabase({ path, driver, readOnly, durability, busyTimeout });
    const now = Date.now;
    const durable = durability === "full" && path !== undefined;
    const bytes = new FileByteStore(artifactDir, durable);
    const index = new SqliteArtifactIndex(database, now);
    const artifacts = new ArtifactStore(index, bytes, { root: artifactDir, now, busyTimeout });
    const store = new Store({
      path,
      artifactDir,
      driver: driver.name,
      readOnly,
      runs: new SqliteRunStore(database, now),
      artifacts,
      close: async () => {
        await database.close();
        await cleanUp();
      },
    });
    if (!readOnly) await artifacts.settle();
    return store;
  } catch (error) {
    await cleanUp();
    throw error;
  }
}
