/** Counts of a store's content. */
import { assertKnownOptions } from "../base/assert.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import type { StoreLocation } from "../context/location.ts";

/** Options for {@linkcode Store.info}. */
export interface InfoOptions {
  /**
   * Whether to also measure the files, which requires reading the metadata of each.
   *
   * @default {false}
   */
  readonly files?: boolean;
}

/** Content and location of a store. */
export interface StoreInfo {
  /** Location for people: paths, or URLs without passwords. */
  readonly location: StoreLocation;
  /** Absolute path of the database file; `undefined` if it is in memory or on a server. */
  readonly path: string | undefined;
  /** Absolute path of the artifact directory; `undefined` if artifacts are in a bucket. */
  readonly artifactDir: string | undefined;
  /** SQLite driver in use; `undefined` if the database is on a server. */
  readonly driver: "ffi" | "builtin" | undefined;
  /** Number of runs, by status. */
  readonly runs: Readonly<Record<string, number>>;
  /** Number of experiments. */
  readonly experiments: number;
  /** Number of artifacts. */
  readonly artifacts: number;
  /** Total size of all artifacts according to their records, in bytes. */
  readonly bytes: number;
  /**
   * Total size of the files, in bytes; a file shared by several artifacts counts once. `undefined`
   * unless {@linkcode InfoOptions.files} is set.
   */
  readonly fileBytes: number | undefined;
  /**
   * Size of the database with its write-ahead log or its indexes, in bytes; `undefined` if it is in
   * memory.
   */
  readonly databaseBytes: number | undefined;
}

/** Counts the content of a store. */
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

/** Measures published files. Only identities of files with several links are held in memory. */
async function measureFiles(bytes: ByteStore): Promise<number> {
  const shared = new Set<string>();
  let sum = 0;
  // `verify` reports entries that cannot be read.
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
