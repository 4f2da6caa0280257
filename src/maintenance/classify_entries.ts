/** Classification of the entries of a byte store by the records. */
import type { ByteEntry, OnFailure } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";

/** Number of entries looked up together. */
const BATCH = 500;

/** An entry of a byte store with its classification. */
export interface ClassifiedEntry {
  /** The entry. */
  readonly entry: ByteEntry;
  /**
   * `"named"`: a record names it or something below it; `"staged"` and `"abandoned"`: the entry's
   * state; `"orphan"`: in the directory of a run, without a record; `"foreign"`: not created by the
   * store.
   */
  readonly verdict: "named" | "staged" | "abandoned" | "orphan" | "foreign";
}

/**
 * Classifies all entries of a byte store, in batches; directories follow their content. Takes no
 * lock, so the record of an orphan may be about to be committed.
 */
export async function* classifyEntries(
  { metadata, bytes }: Pick<StoreContext, "metadata" | "bytes">,
  onFailure: OnFailure,
  signal: AbortSignal | undefined,
): AsyncGenerator<ClassifiedEntry[]> {
  const judge = async (entries: readonly ByteEntry[]): Promise<ClassifiedEntry[]> => {
    signal?.throwIfAborted();
    // An entry in place of a run's directory, e.g. a link, counts as named if records name
    // something below it.
    const published = entries.filter(({ state }) => state === "published" || state === "foreign")
      .map(({ key }) => key);
    const unnamed = await metadata.artifacts.unnamed(published);
    const runs = await metadata.runs.knownOrRemoved(new Set([...unnamed].map(firstSegment)));
    return entries.map((entry) => {
      const { key, state } = entry;
      if (state === "staged" || state === "abandoned") return { entry, verdict: state };
      if (!unnamed.has(key)) return { entry, verdict: "named" };
      const isOurs = state === "published" && runs.has(firstSegment(key));
      const verdict = isOurs ? "orphan" : "foreign";
      return { entry, verdict };
    });
  };
  let batch: ByteEntry[] = [];
  for await (const entry of bytes.list("", { onFailure })) {
    batch.push(entry);
    if (batch.length < BATCH) continue;
    yield await judge(batch);
    batch = [];
  }
  if (batch.length > 0) yield await judge(batch);
}

/** Returns the first segment of a key: the run id, if it is the key of an artifact. */
export function firstSegment(key: string): string {
  const slash = key.indexOf("/");
  return slash < 0 ? key : key.slice(0, slash);
}
