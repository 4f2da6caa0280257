/** Removal of stores that a failed command created. */
import { hasStaging, removeStaging } from "../bytes/files/remove_staging.ts";
import { artifactDirOf } from "../context/location.ts";
import { isRemote } from "../context/place.ts";
import type { OpenOptions } from "../context/open_options.ts";
import { toPath } from "../base/path.ts";
import { isThere, removeDatabase, requireUnopened } from "../metadata/sqlite/database_files.ts";
import type { Store } from "../store/store.ts";

/**
 * Inspects the place of a store before it is opened. Returns a function that removes a store
 * created since, as long as it has no runs; an existing store is never removed.
 */
export async function beforeStore(
  place: Pick<OpenOptions, "path" | "artifactDir">,
): Promise<(store: Store) => Promise<void>> {
  if (isRemote(place)) return async () => {};
  const path = toPath(place.path!);
  const artifactDir = toPath(place.artifactDir ?? artifactDirOf(path));
  if (await isThere(path)) return async () => {};
  const isOurs = !await isThere(artifactDir);
  const isStaging = !isOurs && await hasStaging(artifactDir);
  return async (store) => {
    try {
      if ((await store.runs.list({ limit: 1 })).length > 0) return;
      await store.close();
      await requireUnopened(path); // Another program may be using it now.
      await removeDatabase(path);
      if (!isStaging) await removeStaging(artifactDir);
      if (isOurs) await Deno.remove(artifactDir);
    } catch {
      // Best effort: leave the empty store rather than hide the import's error.
    }
  };
}
