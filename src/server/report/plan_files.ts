/** Choice of the files that a report includes. */
import type { Store } from "../../store/store.ts";

/** The files that are included. */
export interface Inclusion {
  /** Ids of their artifacts. */
  readonly ids: ReadonlySet<string>;
  /** Number of files that are only listed. */
  readonly omitted: number;
}

/** Names of pictures, as the page shows them. */
const PICTURES = /\.(png|jpe?g|gif|webp|avif|bmp|svg)$/i;

/** Chooses files by the limits: pictures first, then in the order of runs and names. */
export async function planFiles(
  store: Store,
  runIds: readonly string[],
  { maxFile, maxTotal }: { readonly maxFile: number; readonly maxTotal: number },
): Promise<Inclusion> {
  const small: { id: string; size: number; isPicture: boolean }[] = [];
  let all = 0;
  for (const runId of runIds) {
    for (const { id, size, name, contentType } of await store.artifacts.list(runId)) {
      all++;
      // The size of a foreign program's record may be unknown.
      if (!(size <= maxFile)) continue;
      const isPicture = PICTURES.test(name) || /^image\//.test(contentType ?? "");
      small.push({ id, size, isPicture });
    }
  }
  const ids = new Set<string>();
  let left = maxTotal;
  for (const isPicture of [true, false]) {
    for (const file of small) {
      if (file.isPicture !== isPicture || file.size > left) continue;
      left -= file.size;
      ids.add(file.id);
    }
  }
  return { ids, omitted: all - ids.size };
}
