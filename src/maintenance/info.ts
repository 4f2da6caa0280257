/** Counts what a store holds. */
import { assertKnownOptions } from "../base/assert.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import type { StoreLocation } from "../context/location.ts";

/** What to count. */
export interface InfoOptions {
  /**
   * Whether to measure the files too, which takes a look at each of them.
   *
   * @default {false}
   */
  readonly files?: boolean;
}

/** What a store holds, and where it is. */
export interface StoreInfo {
  /** Where it is, for people: paths, or URLs without passwords. */
  readonly location: StoreLocation;
  /** Absolute path of the database file; `undefined` if it is in memory or on a server. */
  readonly path: string | undefined;
  /** Absolute path of the artifact directory; `undefined` if artifacts are in a bucket. */
  readonly artifactDir: string | undefined;
  /** The SQLite binding in use; `undefined` if the database is on a server. */
  readonly driver: "ffi" | "builtin" | undefined;
  /** Number of runs, by status. */
  readonly runs: Readonly<Record<string, number>>;
  /** Number of experiments. */
  readonly experiments: number;
  /** Number of artifacts. */
  readonly artifacts: number;
  /** Bytes of all artifacts, as their records say. */
  readonly bytes: number;
  /**
   * Bytes of the files, each counted once however many artifacts share it; `undefined` unless asked
   * for by {@linkcode InfoOptions.files}.
   */
  readonly fileBytes: number | undefined;
  /** Bytes of the database with its log or its indexes; `undefined` if it is in memory. */
  readonly databaseBytes: number | undefined;
}

/** Counts what is there. */
export async function describe(store: StoreContext, options: InfoOptions): Promise<StoreInfo> {
  assertKnownOptions("count", options, ["files"]);
  const { location, path, artifactDir, driver, metadata, bytes } = store;
  const { byStatus: runs, experiments } = await metadata.runs.counts();
  return {
    location,
    path,
    artifactDir,
    driver: driver?.name,
    runs,
    experiments,
    ...await metadata.artifacts.totals(),
    fileBytes: options.files ? await measureFiles(bytes) : undefined,
    databaseBytes: await metadata.size(),
  };
}

/** Bytes of published files. Only those that have several names are kept in mind. */
async function measureFiles(bytes: ByteStore): Promise<number> {
  const shared = new Set<string>();
  let sum = 0;
  // verify reports what cannot be looked at.
  for await (const { state, kind, size, links, identity } of bytes.list("", { onFailure() {} })) {
    if (kind !== "file" || state !== "published") continue;
    if (links > 1) {
      if (shared.has(identity)) continue;
      shared.add(identity);
    }
    sum += size;
  }
  return sum;
}
