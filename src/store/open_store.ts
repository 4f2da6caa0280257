import { assertOpenOptions, type OpenOptions } from "../context/open_options.ts";
import { isServer } from "../context/place.ts";
import { renderWith } from "../display/displayable.ts";
import { RunNotFoundError } from "../base/errors.ts";
import { variable } from "../base/variable.ts";
import type { StoreContext } from "../context/compose.ts";
import type { Run } from "../metadata/run.ts";
import { Store } from "./store.ts";
import { openContext } from "../context/compose.ts";

// Most programs are not notebooks: the renderer is loaded when the first value is displayed.
renderWith(async () => (await import("../jupyter/mod.ts")).notebook);

/**
 * Opens a store, and creates it if it is missing.
 *
 * If `path` is omitted, the environment variables `CHACHAML_DB` and `CHACHAML_ARTIFACT_DIR` name
 * the store, provided they may be read. `CHACHAML_RUN` sets {@linkcode Store.currentRun}, so that a
 * program started by `chachaml exec` logs to its own run.
 *
 * Requires `--allow-read` and `--allow-write` for the database, its `-wal` and `-shm` files, and
 * the artifact directory; only `--allow-read` with `readOnly`. The `"ffi"` driver also requires
 * `--allow-ffi` and `--allow-env`, servers require `--allow-net`.
 *
 * @param options Location of the store and how to use it.
 * @returns The open store. Close it, or declare it with `await using`.
 * @throws {InvalidOptionError} If an option is invalid.
 * @throws {NotAStoreError} If the file is not a SQLite database, or belongs to another program. It
 * is left untouched.
 * @throws {NewerFormatError} If a newer version of the package wrote the store. It can still be
 * opened read-only.
 * @throws {LostDatabaseError} If the database is missing or empty, but the artifact directory has
 * files.
 * @throws {StoreNotFoundError} If there is no store, and `readOnly` is set or `create` is `false`.
 * @throws {DriverError} If the driver is unavailable, or this process uses the file with the other
 * driver.
 * @throws {UnsupportedRuntimeError} If the runtime is not Deno, or too old a version of it.
 * @throws {StorageError} If the file system or the database fails.
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
 */
export async function openStore(options: OpenOptions = {}): Promise<Store> {
  const context = await openContext(withVariables(options));
  const current = options.inMemory ? undefined : await currentRun(context);
  return new Store(context, options.handleSignals ?? true, current);
}

/** Adds the location from environment variables if the options name none. */
function withVariables(options: OpenOptions): OpenOptions {
  assertOpenOptions(options);
  const { path, inMemory = false } = options;
  if (path !== undefined || inMemory) return options;
  const named = variable("CHACHAML_DB");
  const artifactDir = options.artifactDir ??
    (isServer(named) ? undefined : variable("CHACHAML_ARTIFACT_DIR"));
  return {
    ...options,
    ...(named !== undefined && { path: named }),
    ...(artifactDir !== undefined && { artifactDir }),
  };
}

/** Returns the run that a surrounding program started for this one, if it is in this store. */
async function currentRun({ metadata: { runs } }: StoreContext): Promise<Run | undefined> {
  const id = variable("CHACHAML_RUN");
  if (id === undefined) return undefined;
  return await runs.get(id).catch((error) => {
    if (error instanceof RunNotFoundError) return undefined;
    throw error;
  });
}
