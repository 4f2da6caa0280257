import type { OpenOptions } from "../context/open_options.ts";
import { renderWith } from "../display/displayable.ts";
import { Store } from "./store.ts";
import { openContext } from "../context/compose.ts";

// Loaded when the first value is shown: most programs are not notebooks.
renderWith(async () => (await import("../jupyter/mod.ts")).notebook);

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
 * const report = await store.artifacts.get(run.id, "report.md");
 * assert.equal(await report.text(), "# Fine");
 * ```
 *
 * @param options Where the store is and how it is used.
 * @returns The open store; close it, or declare it by `await using`.
 * @throws {InvalidOptionError} If an option cannot be used.
 * @throws {NotAStoreError} If the file is no SQLite database, or another program's. It is not touched.
 * @throws {NewerFormatError} If a newer version of the package has written it; open it read-only.
 * @throws {LostDatabaseError} If it is missing or empty, and its artifact directory has files.
 * @throws {StoreNotFoundError} If there is no store and `readOnly` is set.
 * @throws {DriverError} If the driver cannot be had, or this process has the file open with the other.
 * @throws {StorageError} If the system refuses.
 */
export async function openStore(options: OpenOptions = {}): Promise<Store> {
  return new Store(await openContext(options), options.handleSignals ?? true);
}
