/** What has become of the database that a store is to be restored to. */
import { NotAStoreError, StorageError } from "../base/errors.ts";
import { openContext, type StoreContext } from "../context/compose.ts";
import type { OpenOptions } from "../context/open_options.ts";

/** Runs of the backup that are looked for in the store. */
const SAMPLE = 10_000;

/**
 * `"damaged"`: it is none, or not whole; `"empty"`: it has no run, as one that was made after the
 * store's own was lost; `"unrelated"`: it has runs, but none of the backup's; `"related"`: it has some.
 */
export type DatabaseState = "damaged" | "empty" | "unrelated" | "related";

/** Looks at a database that is there; throws if it cannot be inspected. */
export async function databaseState(
  place: Pick<OpenOptions, "path" | "artifactDir">,
  driver: OpenOptions["driver"],
  source: StoreContext,
): Promise<DatabaseState> {
  let store: StoreContext;
  try {
    store = await openContext({ ...place, readOnly: true, ...(driver && { driver }) });
  } catch (error) {
    if (isDamage(error)) return "damaged";
    throw error;
  }
  try {
    if ((await store.metadata.check()).damage.length > 0) return "damaged";
    return await relationOf(store, source);
  } catch (error) {
    if (isDamage(error)) return "damaged";
    throw error;
  } finally {
    await store.close();
  }
}

async function relationOf(store: StoreContext, source: StoreContext): Promise<DatabaseState> {
  const ids = (await source.metadata.runs.list({ limit: SAMPLE })).map(({ id }) => id);
  if (ids.length === 0 || (await store.metadata.runs.known(ids)).size > 0) return "related";
  const { byStatus } = await store.metadata.runs.counts();
  const isEmpty = Object.values(byStatus).every((count) => count === 0) &&
    (await store.metadata.models.list()).length === 0;
  return isEmpty ? "empty" : "unrelated";
}

/** What may not be read, is a directory, or another program's, is not damaged. */
function isDamage(error: unknown): boolean {
  if (error instanceof NotAStoreError && error.foreign) return false;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (Object.values(Deno.errors).some((kind) => cause instanceof kind)) return false;
  }
  return error instanceof NotAStoreError || error instanceof StorageError;
}
