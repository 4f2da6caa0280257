/** Choice of the files that a report includes. */
import type { Artifact } from "../../artifacts/artifact.ts";
import type { Store } from "../../store/store.ts";

/** The files that are included. */
export interface Inclusion {
  /** Their artifacts. */
  readonly artifacts: readonly Artifact[];
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
  const small: { artifact: Artifact; isPicture: boolean }[] = [];
  let all = 0;
  for (const runId of runIds) {
    for (const artifact of await store.artifacts.list(runId)) {
      const { size, name, contentType } = artifact;
      all++;
      // The size of a foreign program's record may be unknown.
      if (!(size <= maxFile)) continue;
      const isPicture = PICTURES.test(name) || /^image\//.test(contentType ?? "");
      small.push({ artifact, isPicture });
    }
  }
  const chosen: Artifact[] = [];
  let left = maxTotal;
  for (const isPicture of [true, false]) {
    for (const file of small) {
      if (file.isPicture !== isPicture || file.artifact.size > left) continue;
      left -= file.artifact.size;
      chosen.push(file.artifact);
    }
  }
  return { artifacts: chosen, omitted: all - chosen.length };
}
