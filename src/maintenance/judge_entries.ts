/** Judges the entries of a byte store by what the records say. */
import type { ByteEntry, OnFailure } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";

/** Entries that are looked up together. */
const BATCH = 500;

/** An entry of a byte store, and what it is. */
export interface JudgedEntry {
  /** The entry. */
  readonly entry: ByteEntry;
  /**
   * `"named"` by a record, itself or something below; `"staged"` and `"abandoned"` as its state says;
   * `"orphan"`: it lies in the directory of a run, and no record names it; `"foreign"`: the store has
   * never put it there.
   */
  readonly verdict: "named" | "staged" | "abandoned" | "orphan" | "foreign";
}

/**
 * Judges all entries of a store, in batches. Directories follow what they hold. Takes no lock, so an
 * orphan may be bytes whose record is about to be committed.
 */
export async function* judgeEntries(
  { metadata, bytes }: Pick<StoreContext, "metadata" | "bytes">,
  onFailure: OnFailure,
  signal: AbortSignal | undefined,
): AsyncGenerator<JudgedEntry[]> {
  const judge = async (entries: readonly ByteEntry[]): Promise<JudgedEntry[]> => {
    signal?.throwIfAborted();
    // What lies where the directory of a run should, a link for one, is named by what is below it.
    const published = entries.filter(({ state }) => state === "published" || state === "foreign")
      .map(({ key }) => key);
    const unnamed = await metadata.artifacts.unnamed(published);
    const runs = await metadata.runs.everKnown(new Set([...unnamed].map(topOf)));
    return entries.map((entry) => {
      const { key, state } = entry;
      if (state === "staged" || state === "abandoned") return { entry, verdict: state };
      if (!unnamed.has(key)) return { entry, verdict: "named" };
      const isOurs = state === "published" && runs.has(topOf(key));
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

/** The outermost part of a key: a run's id, where it is that of an artifact. */
export function topOf(key: string): string {
  const slash = key.indexOf("/");
  return slash < 0 ? key : key.slice(0, slash);
}
