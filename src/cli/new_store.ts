/** Stores that a command makes where there are none. */
import { hasStaging, removeStaging } from "../bytes/files/remove_staging.ts";
import { artifactDirOf } from "../context/location.ts";
import { isRemote } from "../context/place.ts";
import type { OpenOptions } from "../context/open_options.ts";
import { toPath } from "../base/path.ts";
import { isThere, removeDatabase, requireUnopened } from "../metadata/sqlite/database_files.ts";
import type { Store } from "../store/store.ts";

/**
 * Looks at where a store is to be. Gives what takes a store away again that has been made since, as
 * long as it has no run; one that was there stays as it is.
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
      await requireUnopened(path); // Another program may have come to use it.
      await removeDatabase(path);
      if (!isStaging) await removeStaging(artifactDir);
      if (isOurs) await Deno.remove(artifactDir);
    } catch {
      // Best effort: leave the empty store rather than hide the import's error.
    }
  };
}
