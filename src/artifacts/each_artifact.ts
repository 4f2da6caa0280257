/** Iteration over artifacts. */
import type { ArtifactIndex, ArtifactQuery, IndexEntry } from "../metadata/artifact_index.ts";

/**
 * Yields the artifacts that match a query, by run and name, in pages, so memory stays constant. The
 * few artifacts with one hash or exact name are looked up instead, in the order of a list.
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

/** Returns a pattern for a name in which `*` matches any text and `?` any character. */
function patternOf(name: string): RegExp {
  const source = name.replace(/[\\^$.|+()[\]{}/]/g, "\\$&")
    .replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`, "su");
}

/** Whether a MIME type equals another, ignoring parameters. */
function isOfType(type: string | null, asked: string): boolean {
  return type !== null && (type === asked || type.startsWith(`${asked};`));
}
