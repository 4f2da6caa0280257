/** What a caller says of artifacts to look for, checked. */
import { checkCount, checkKnown, checkObject, checkText } from "../base/checks.ts";
import type { ArtifactQuery } from "../metadata/artifact_index.ts";

const TEXTS = ["runId", "name", "contentType", "hash"] as const;

/**
 * Refuses a query that cannot be meant.
 *
 * @throws {InvalidOptionError} If it has an unknown option, or one of a wrong value.
 */
export function checkArtifactQuery(query: ArtifactQuery): void {
  const action = "find artifacts";
  checkObject(action, "a query", query);
  checkKnown(action, query, [...TEXTS, "limit"]);
  for (const key of TEXTS) checkText(action, key, query[key]);
  checkCount(action, "limit", query.limit);
}
