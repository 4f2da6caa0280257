/** State of the database at the target of a restore. */
import { NotAStoreError, StorageError } from "../base/errors.ts";
import { openContext, type StoreContext } from "../context/compose.ts";
import type { OpenOptions } from "../context/open_options.ts";

/** Maximum number of the backup's runs that are looked up in the store. */
const SAMPLE = 10_000;

/**
 * `"damaged"`: not a database, or a corrupt one; `"empty"`: without runs, e.g. created after the
 * original was lost; `"unrelated"`: with runs, but none of the backup; `"related"`: with runs of
 * the backup.
 */
export type DatabaseState = "damaged" | "empty" | "unrelated" | "related";

/** Inspects an existing database. Throws if that is impossible. */
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

/**
 * Whether an error means damage. A lack of permission, a directory, or another program's database
 * is not damage.
 */
function isDamage(error: unknown): boolean {
  if (error instanceof NotAStoreError && error.foreign) return false;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (Object.values(Deno.errors).some((kind) => cause instanceof kind)) return false;
  }
  return error instanceof NotAStoreError || error instanceof StorageError;
}
