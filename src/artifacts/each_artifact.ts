/** Gives artifacts one by one. */
import type { ArtifactIndex, ArtifactQuery, IndexEntry } from "../metadata/artifact_index.ts";

/**
 * The artifacts that match a query, by run and name, read in pages so that memory stays flat. Those of
 * one hash or one exact name are few: they are found by it, and come in the order of a list.
 */
export async function* eachMatch(
  index: ArtifactIndex,
  query: ArtifactQuery,
): AsyncGenerator<IndexEntry> {
  const { runId, name, contentType, hash, limit = Infinity } = query;
  const isExact = name !== undefined && !/[*?]/.test(name);
  if (hash !== undefined || isExact) return yield* await index.list(query);
  const pattern = name === undefined ? undefined : patternOf(name);
  let left = limit;
  if (left === 0) return;
  for await (const entry of index.each(runId)) {
    const { record } = entry;
    if (pattern && !pattern.test(record.name)) continue;
    if (contentType !== undefined && !isOfType(record.contentType, contentType)) continue;
    yield entry;
    if (--left === 0) return;
  }
}

/** A name in which `*` stands for any text and `?` for any one character. */
function patternOf(name: string): RegExp {
  const source = name.replace(/[\\^$.|+()[\]{}/]/g, "\\$&")
    .replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`, "su");
}

/** Whether a MIME type is the one asked for, with or without parameters. */
function isOfType(type: string | null, asked: string): boolean {
  return type !== null && (type === asked || type.startsWith(`${asked};`));
}
