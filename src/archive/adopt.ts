/** Publishing of imported runs, all or none. */
import type { ByteBatch, StagedBytes } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import type { ArtifactPlace, Missing } from "../metadata/run_store.ts";
import type { Arrival } from "./arrivals.ts";

/**
 * Publishes the missing bytes and inserts the missing records in one transaction. Existing ones are
 * unchanged.
 *
 * @returns The parts of each run that were missing, by run id.
 */
export async function adopt(
  store: StoreContext,
  arrivals: readonly Arrival[],
  batch: ByteBatch,
): Promise<ReadonlyMap<string, Missing>> {
  const { runs, artifacts } = store.metadata;
  let published: Published[] = [];
  const publish = async (missing: ReadonlyMap<string, Missing>) => {
    published = [...filesOf(arrivals, missing)];
    const keys = published.map(({ path }) => path);
    const wanted = new Set(published.map(({ bytes }) => bytes));
    for (const { staged } of arrivals) {
      for (const bytes of staged.values()) if (!wanted.has(bytes)) await bytes.discard();
    }
    // An index that is damaged may hide the records of bytes that are there.
    let named: Promise<ReadonlySet<string>> | undefined;
    const isOrphan = async (key: string) =>
      !(await (named ??= artifacts.namedForSure(keys))).has(key);
    await batch.publish(keys, { isOrphan });
  };
  try {
    const missing = await runs.adopt(arrivals.map(({ run }) => run), publish);
    for (const { bytes } of published) await bytes.release();
    return missing;
  } catch (error) {
    await takeBack(store, published);
    throw error;
  } finally {
    for (const { run } of arrivals) artifacts.forget(run.id);
  }
}

/** Staged bytes with their destination. */
interface Published extends ArtifactPlace {
  readonly bytes: StagedBytes;
}

function* filesOf(
  arrivals: readonly Arrival[],
  missing: ReadonlyMap<string, Missing>,
): Generator<Published> {
  for (const { run: { id: runId }, staged } of arrivals) {
    for (const { name } of missing.get(runId)?.run.artifacts ?? []) {
      yield { runId, name, path: `${runId}/${name}`, bytes: staged.get(name)! };
    }
  }
}

/** Removes published bytes, unless their records were committed after all. */
async function takeBack(
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
