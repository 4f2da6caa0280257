/** Publishing of imported runs, all or none. */
import { ArchiveError } from "../base/errors.ts";
import type { ByteBatch, StagedBytes } from "../bytes/byte_store.ts";
import { inParallel } from "../base/in_parallel.ts";
import type { StoreContext } from "../context/compose.ts";
import type { ArtifactPlace, Missing } from "../metadata/run_store.ts";
import type { PreparedRun } from "./prepared_run.ts";

/** Number of artifacts published in parallel, where they were not staged as a batch. */
const WIDTH = 32;

/**
 * Publishes the missing bytes and inserts the missing records in one transaction. Existing ones are
 * unchanged.
 *
 * @returns The parts of each run that were missing, by run id.
 */
export async function insertRuns(
  store: StoreContext,
  prepared: readonly PreparedRun[],
  batch?: ByteBatch,
): Promise<ReadonlyMap<string, Missing>> {
  const { runs, artifacts } = store.metadata;
  let published: Published[] = [];
  const publish = async (missing: ReadonlyMap<string, Missing>) => {
    published = [...filesOf(prepared, missing)];
    const keys = published.map(({ path }) => path);
    const wanted = new Set(published.map(({ bytes }) => bytes));
    for (const { staged } of prepared) {
      for (const [name, bytes] of staged) {
        if (wanted.has(bytes)) continue;
        staged.delete(name);
        await bytes.discard();
      }
    }
    // An index that is damaged may hide the records of bytes that are there.
    let named: Promise<ReadonlySet<string>> | undefined;
    const isOrphan = async (key: string) =>
      !(await (named ??= artifacts.namedByScan(keys))).has(key);
    if (batch) return await batch.publish(keys, { isOrphan });
    await inParallel(published, WIDTH, async ({ bytes, path }) => {
      await store.bytes.publish(bytes, path, { isOrphan });
    });
  };
  try {
    const missing = await runs.importRuns(prepared.map(({ run }) => run), publish);
    for (const { bytes, staged, name } of published) {
      staged.delete(name);
      await bytes.release();
    }
    return missing;
  } catch (error) {
    await removePublished(store, published);
    throw error;
  } finally {
    for (const { run } of prepared) artifacts.invalidate(run.id);
  }
}

/** Staged bytes with their destination. */
interface Published extends ArtifactPlace {
  readonly bytes: StagedBytes;
  /** Staged bytes of the run whose fate is open, by name. */
  readonly staged: Map<string, StagedBytes>;
}

function* filesOf(
  runs: readonly PreparedRun[],
  missing: ReadonlyMap<string, Missing>,
): Generator<Published> {
  for (const { run: { id: runId }, staged } of runs) {
    for (const { name } of missing.get(runId)?.run.artifacts ?? []) {
      const path = `${runId}/${name}`;
      const bytes = staged.get(name);
      if (!bytes) throw new ArchiveError(`the bytes of ${JSON.stringify(path)} are missing`);
      yield { runId, name, path, bytes, staged };
    }
  }
}

/** Removes published bytes, unless their records were committed after all. */
async function removePublished(
  store: StoreContext,
  published: readonly Published[],
): Promise<void> {
  try {
    const bytesOf = new Map(published.map(({ path, bytes }) => [path, bytes]));
    await store.metadata.artifacts.removeIfUnnamed(bytesOf.keys(), async (keys) => {
      const ours: string[] = [];
      for (const key of keys) {
        if (await store.bytes.isPublished(bytesOf.get(key)!, key)) ours.push(key);
      }
      await store.bytes.removeAll(ours);
    });
  } catch {
    // Best effort: remaining orphans are replaced by the next import, or removed by `gc`.
  }
}
