/** Checks of run queries. */
import {
  assertCount,
  assertDate,
  assertKnownOptions,
  assertObject,
  assertText,
} from "../base/assert.ts";
import { InvalidOptionError } from "../base/errors.ts";
import type { RunQuery } from "../metadata/run_query.ts";

/**
 * Refuses a query that cannot be meant.
 *
 * @throws {InvalidOptionError} If it has an unknown option, or one of a wrong value.
 */
export function assertQuery(query: RunQuery): void {
  const action = "list runs";
  assertObject(action, "a query", query);
  assertKnownOptions(action, query, [
    "idPrefix",
    "experiment",
    "status",
    "name",
    "parentId",
    "createdBy",
    "since",
    "before",
    "tags",
    "params",
    "metrics",
    "sortBy",
    "limit",
  ]);
  const { sortBy } = query;
  const texts = ["idPrefix", "experiment", "status", "name", "parentId", "createdBy"] as const;
  for (const key of texts) assertText(action, key, query[key]);
  for (const key of ["since", "before"] as const) assertDate(action, key, query[key]);
  for (const key of ["tags", "params", "metrics", "sortBy"] as const) {
    if (query[key] !== undefined) assertObject(action, key, query[key]);
  }
  for (const [key, value] of Object.entries(query.tags ?? {})) {
    assertText(action, `tag ${JSON.stringify(key)}`, value);
  }
  assertCount(action, "limit", query.limit);
  if (sortBy && typeof sortBy.metric !== "string") refuse("sortBy takes the name of a metric");
  if (sortBy && !["asc", "desc", undefined].includes(sortBy.order)) {
    refuse(`order takes asc or desc, not ${sortBy.order}`);
  }
  if (sortBy && !["last", "min", "max", undefined].includes(sortBy.of)) {
    refuse(`of takes last, min or max, not ${sortBy.of}`);
  }
}

function refuse(reason: string): never {
  throw new InvalidOptionError(`Cannot list runs: ${reason}`);
}
