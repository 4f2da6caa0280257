/** Restoring of a store whose database is on a server. */
import { join } from "@std/path";
import { inParallel } from "../base/in_parallel.ts";
import { InvalidOptionError, StoreNotFoundError } from "../base/errors.ts";
import { withoutSecrets } from "../base/url.ts";
import { openContext, type StoreContext } from "../context/compose.ts";
import type { OpenOptions } from "../context/open_options.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";
import { copyArtifact, isArtifactError, type Omitted, openArtifact } from "./copy_artifacts.ts";
import { databaseState } from "./database_state.ts";
import { repair } from "./repair.ts";
import type { RestoreOptions } from "./restore_options.ts";

/** Number of artifacts copied in parallel. */
const WIDTH = 16;

/** What was restored. */
export interface ServerRestore {
  /** Whether the metadata was restored as well, since there was none. */
  readonly database: boolean;
  /** Whether the store has runs of the backup. */
  readonly isRelated: boolean;
  /** Artifacts whose bytes were restored. */
  readonly copied: readonly ArtifactRecord[];
  /** Artifacts that could not be restored. */
  readonly omitted: readonly Omitted[];
}

/**
 * Restores everything to a place without a store or with an empty one, or else the lost bytes.
 *
 * @throws {InvalidOptionError} If a database with runs is to be set aside.
 */
export async function restoreToServer(
  source: StoreContext,
  place: Pick<OpenOptions, "path" | "artifactDir">,
  options: RestoreOptions,
): Promise<ServerRestore> {
  const state = await databaseState(place, undefined, source).catch((error) => {
    if (error instanceof StoreNotFoundError) return "empty" as const;
    throw error;
  });
  if (state !== "empty") {
    if (options.database) {
      throw new InvalidOptionError(
        `Cannot restore ${withoutSecrets(String(place.path))}: a database on a server is not ` +
          "set aside; name another schema (currentSchema=…), or drop this one",
      );
    }
    const isRelated = state === "related";
    return { database: false, isRelated, ...await repair(source, place, options) };
  }
  if (options.dryRun) return await planAll(source);
  const { busyTimeout } = options;
  const store = await openContext({ ...place, ...busyTimeout !== undefined && { busyTimeout } });
  try {
    return await restoreAll(source, store, options);
  } finally {
    await store.close();
  }
}

/** Copies the bytes, then the metadata that names them. */
async function restoreAll(
  source: StoreContext,
  store: StoreContext,
  { signal, onProgress }: RestoreOptions,
): Promise<ServerRestore> {
  const dir = await Deno.makeTempDir({ prefix: "chachaml-restore-" });
  try {
    const path = join(dir, "metadata.db");
    const fresh = await source.metadata.snapshot(path, 0o600);
    const copied: ArtifactRecord[] = [];
    const omitted: Omitted[] = [];
    const renewed: ArtifactRecord[] = [];
    const { bytes: total } = await source.metadata.artifacts.totals();
    let done = 0;
    try {
      const records = await Array.fromAsync(fresh.artifacts(), ({ record }) => record);
      await inParallel(records, WIDTH, async (record) => {
        signal?.throwIfAborted();
        try {
          const copy = await copyArtifact(record, source, store.bytes, {
            makeWay: (key) => removeOrphan(store, key),
            signal,
          });
          if (copy.hash !== record.hash) renewed.push(copy);
          copied.push(copy);
        } catch (error) {
          if (!isArtifactError(error)) throw error;
          omitted.push({ artifact: record, error });
        }
        onProgress?.({ bytes: done += record.size, total });
      });
      await fresh.applyOutcome({ present: renewed, omitted }, null);
      await store.metadata.fill!(path);
    } finally {
      await fresh.discard();
    }
    return { database: true, isRelated: true, copied, omitted };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Removes bytes that an interrupted restore has left, under the lock of a put of their key. */
async function removeOrphan({ metadata, bytes }: StoreContext, key: string): Promise<void> {
  if (!await bytes.stat(key)) return;
  await metadata.artifacts.removeIfUnnamed([key], async (keys) => {
    const [failure] = await bytes.removeAll([...keys]);
    if (failure) throw failure;
  });
}

async function planAll(source: StoreContext): Promise<ServerRestore> {
  const copied: ArtifactRecord[] = [];
  const omitted: Omitted[] = [];
  for await (const { record } of source.metadata.artifacts.each()) {
    try {
      (await openArtifact(record, source)).bytes.close();
      copied.push(record);
    } catch (error) {
      if (!isArtifactError(error)) throw error;
      omitted.push({ artifact: record, error });
    }
  }
  return { database: true, isRelated: true, copied, omitted };
}
