/** Run-time checks of artifact queries. */
import { assertCount, assertKnownOptions, assertObject, assertText } from "../base/assert.ts";
import type { ArtifactQuery } from "../metadata/artifact_index.ts";

const TEXTS = ["runId", "name", "contentType", "hash"] as const;

/**
 * Checks an artifact query.
 *
 * @throws {InvalidOptionError} If an option is unknown or has an invalid value.
 */
export function assertArtifactQuery(query: ArtifactQuery): void {
  const action = "find artifacts";
  assertObject(action, "a query", query);
  assertKnownOptions(action, query, [...TEXTS, "limit"]);
  for (const key of TEXTS) assertText(action, key, query[key]);
  assertCount(action, "limit", query.limit);
}
