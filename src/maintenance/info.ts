import type { ArtifactIndex } from "../metadata/artifact_index.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import { STAGING } from "../names/names.ts";
import type { StoreContext } from "../context/compose.ts";

/** What a store comes to. */
export interface StoreInfo {
  /** Absolute path of the database; `undefined` if it is in memory. */
  readonly path: string | undefined;
  /** Absolute path of the artifact directory. */
  readonly artifactDir: string;
  /** The SQLite binding in use. */
  readonly driver: "ffi" | "builtin";
  /** Runs, by status. */
  readonly runs: Readonly<Record<string, number>>;
  /** Experiments. */
  readonly experiments: number;
  /** Artifacts. */
  readonly artifacts: number;
  /** Bytes of all artifacts, as their rows say. */
  readonly bytes: number;
  /** Bytes of the files, each counted once however many artifacts share it. */
  readonly fileBytes: number;
  /** Bytes of the database with its log; `undefined` if it is in memory. */
  readonly databaseBytes: number | undefined;
}

/** Counts what is there. */
export async function describe(store: StoreContext): Promise<StoreInfo> {
  const { path, artifactDir, driver, index, bytes } = store;
  const runs: Record<string, number> = {};
  const experiments = new Set<string>();
  for (const { status, experiment } of await store.runs.list({})) {
    runs[status] = (runs[status] ?? 0) + 1;
    experiments.add(experiment);
  }
  return {
    path,
    artifactDir,
    driver: driver.name,
    runs,
    experiments: experiments.size,
    ...await countArtifacts(index),
    fileBytes: fileBytes(bytes),
    databaseBytes: path === undefined ? undefined : await databaseBytes(path),
  };
}

async function countArtifacts(index: ArtifactIndex): Promise<{ artifacts: number; bytes: number }> {
  const entries = await index.list({});
  const bytes = entries.reduce((sum, { record }) => sum + (record.size || 0), 0);
  return { artifacts: entries.length, bytes };
}

function fileBytes(bytes: ByteStore): number {
  const files = new Map<string, number>();
  // What cannot be looked at is told by verify.
  for (const { path, kind, size, identity } of bytes.entries("", () => {})) {
    if (kind === "file" && !path.startsWith(`${STAGING}/`)) files.set(identity, size);
  }
  return files.values().reduce((sum, size) => sum + size, 0);
}

async function databaseBytes(path: string): Promise<number> {
  let sum = 0;
  for (const part of [path, `${path}-wal`]) {
    sum += await Deno.stat(part).then(({ size }) => size, () => 0);
  }
  return sum;
}
