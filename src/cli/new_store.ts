/** Stores that a command makes where there are none. */
import { join } from "@std/path";
import { artifactDirOf } from "../context/location.ts";
import { OWNER, STAGING } from "../names/names.ts";
import type { OpenOptions } from "../context/open_options.ts";
import { toPath } from "../base/path.ts";
import type { Store } from "../store/store.ts";
import { COMPANIONS, isThere } from "../backup/database_copy.ts";

/**
 * Looks at where a store is to be. Gives what takes a store away again that has been made since, as
 * long as it has no run; one that was there stays as it is.
 */
export async function beforeStore(
  place: Pick<OpenOptions, "path" | "artifactDir">,
): Promise<(store: Store) => Promise<void>> {
  const path = toPath(place.path!);
  const artifactDir = toPath(place.artifactDir ?? artifactDirOf(path));
  if (await isThere(path)) return async () => {};
  const folders: string[] = [];
  for (const folder of [join(artifactDir, STAGING), artifactDir]) {
    if (!await isThere(folder)) folders.push(folder);
  }
  return async (store) => {
    try {
      if ((await store.runs.list({ limit: 1 })).length > 0) return;
      await store.close();
      // Another program has come to use it.
      for (const companion of COMPANIONS) if (await isThere(path + companion)) return;
      await Deno.remove(path);
      await Deno.remove(join(artifactDir, STAGING, OWNER)).catch(() => {});
      for (const folder of folders) await Deno.remove(folder);
    } catch {
      // It stays, empty: that is no reason to hide why it was made in vain.
    }
  };
}
