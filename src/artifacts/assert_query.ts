/** What a caller says of artifacts to look for, checked. */
import { assertCount, assertKnownOptions, assertObject, assertText } from "../base/assert.ts";
import type { ArtifactQuery } from "../metadata/artifact_index.ts";

const TEXTS = ["runId", "name", "contentType", "hash"] as const;

/**
 * Refuses a query that cannot be meant.
 *
 * @throws {InvalidOptionError} If it has an unknown option, or one of a wrong value.
 */
export function assertArtifactQuery(query: ArtifactQuery): void {
  const action = "find artifacts";
  assertObject(action, "a query", query);
  assertKnownOptions(action, query, [...TEXTS, "limit"]);
  for (const key of TEXTS) assertText(action, key, query[key]);
  assertCount(action, "limit", query.limit);
}
