/** Run-time checks of run queries. */
import {
  assertCount,
  assertDate,
  assertKnownOptions,
  assertObject,
  assertText,
} from "../base/assert.ts";
import { InvalidOptionError, quote } from "../base/errors.ts";
import type { RunOrder, RunQuery } from "../metadata/run_query.ts";

/**
 * Checks a run query.
 *
 * @throws {InvalidOptionError} If an option is unknown or has an invalid value.
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
    "archived",
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
  const { archived } = query;
  if (!["exclude", "include", "only", undefined].includes(archived)) {
    refuse(`archived takes exclude, include or only, not ${quote(archived)}`);
  }
  if (sortBy) assertOrder(sortBy);
}

function assertOrder(by: RunOrder): void {
  const [kind, ...others] = Object.keys(by).filter((key) =>
    ["metric", "param", "time"].includes(key)
  );
  const value = kind === undefined ? undefined : by[kind as keyof RunOrder] as unknown;
  if (kind === undefined || others.length > 0 || typeof value !== "string") {
    refuse("sortBy takes the name of a metric, the name of a param, or a time");
  }
  assertKnownOptions("list runs", by, [kind, "order", ...kind === "metric" ? ["of"] : []]);
  if ("time" in by && !["start", "end", "duration"].includes(by.time)) {
    refuse(`time takes start, end or duration, not ${quote(by.time)}`);
  }
  if (!["asc", "desc", undefined].includes(by.order)) {
    refuse(`order takes asc or desc, not ${by.order}`);
  }
  if ("metric" in by && !["last", "min", "max", undefined].includes(by.of)) {
    refuse(`of takes last, min or max, not ${by.of}`);
  }
}

function refuse(reason: string): never {
  throw new InvalidOptionError(`Cannot list runs: ${reason}`);
}
