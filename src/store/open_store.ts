import { assertOpenOptions, type OpenOptions } from "../context/open_options.ts";
import { renderWith } from "../display/displayable.ts";
import { RunNotFoundError } from "../base/errors.ts";
import { variable } from "../base/variable.ts";
import type { StoreContext } from "../context/compose.ts";
import type { Run } from "../metadata/run.ts";
import { Store } from "./store.ts";
import { openContext } from "../context/compose.ts";

// Loaded when the first value is shown: most programs are not notebooks.
renderWith(async () => (await import("../jupyter/mod.ts")).notebook);

/**
 * Opens a store, and creates it where it is missing.
 *
 * Where it may be read, the environment says which store is opened if `path` is left out:
 * `CHACHAML_DB` and `CHACHAML_ARTIFACT_DIR`. `CHACHAML_RUN` names the run that
 * {@linkcode Store.currentRun} is, so that a program run by `chachaml exec` logs to its own run.
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
  const context = await openContext(withVariables(options));
  const current = options.inMemory ? undefined : await currentRun(context);
  return new Store(context, options.handleSignals ?? true, current);
}

/** Options with what the environment says of a store that is not named. */
function withVariables(options: OpenOptions): OpenOptions {
  assertOpenOptions(options);
  const { path, inMemory = false } = options;
  if (path !== undefined || inMemory) return options;
  const named = variable("CHACHAML_DB");
  const artifactDir = options.artifactDir ?? variable("CHACHAML_ARTIFACT_DIR");
  return {
    ...options,
    ...(named !== undefined && { path: named }),
    ...(artifactDir !== undefined && { artifactDir }),
  };
}

/** The run that a program around this one has started for it, if it is in this store. */
async function currentRun({ metadata: { runs } }: StoreContext): Promise<Run | undefined> {
  const id = variable("CHACHAML_RUN");
  if (id === undefined) return undefined;
  return await runs.get(id).catch((error) => {
    if (error instanceof RunNotFoundError) return undefined;
    throw error;
  });
}
