/** Comparison of two documents of the same run: whether one contains the other. */
import { type MetricColumns, type RunDocument, sameDocument } from "./run_document.ts";

/** Members that never change. */
const FIXED = [
  "id",
  "experiment",
  "name",
  "startTime",
  "startTags",
  "environment",
  "parentId",
  "createdBy",
] as const;

/** Whether a run has all that a later document of it has, model versions of its artifacts included. */
export function hasAll(there: RunDocument, later: RunDocument): boolean {
  if (!sameDocument(there, later)) return false;
  const known = new Set(there.models?.map(({ model, artifactId }) => `${artifactId} ${model}`));
  return (later.models ?? []).every(({ model, artifactId }) => known.has(`${artifactId} ${model}`));
}

/**
 * Returns what a document has beyond an earlier one of the same run.
 *
 * @param earlier Document that should be contained.
 * @param later Document that may contain it.
 * @returns The later document without the content of the earlier one; `undefined` if it does not
 * contain it.
 */
export function growthOf(earlier: RunDocument, later: RunDocument): RunDocument | undefined {
  if (FIXED.some((key) => earlier[key] !== later[key])) return undefined;
  // Only a run that had not ended can have changed.
  const ended = ["status", "endTime", "error"] as const;
  if (earlier.endTime !== null && ended.some((key) => earlier[key] !== later[key])) {
    return undefined;
  }
  const params = added(earlier.params, later.params, ([key]) => key);
  const tags = added(earlier.tags, later.tags, ([key]) => key);
  const datasets = added(earlier.datasets, later.datasets, ({ id }) => id);
  const artifacts = added(earlier.artifacts, later.artifacts, ({ id }) => id);
  const metrics = addedPoints(earlier.metrics, later.metrics);
  if (!params || !tags || !datasets || !artifacts || !metrics) return undefined;
  return { ...later, params, tags, datasets, artifacts, metrics };
}

/**
 * Returns the items that only the later list has; `undefined` if an earlier item is missing or
 * differs.
 */
function added<T>(
  earlier: readonly T[],
  later: readonly T[],
  keyOf: (item: T) => string,
): T[] | undefined {
  const rest = new Map(later.map((item) => [keyOf(item), item]));
  for (const item of earlier) {
    const same = rest.get(keyOf(item));
    if (same === undefined || textOf(same) !== textOf(item)) return undefined;
    rest.delete(keyOf(item));
  }
  return [...rest.values()];
}

/** Serializes an item with its properties in a fixed order. */
function textOf(item: unknown): string {
  if (Array.isArray(item)) return JSON.stringify(item);
  return JSON.stringify(Object.entries(item as object).sort(([a], [b]) => a < b ? -1 : 1));
}

/** Returns the added points. Points are only ever appended, so the earlier document is a prefix. */
function addedPoints(
  earlier: readonly MetricColumns[],
  later: readonly MetricColumns[],
): MetricColumns[] | undefined {
  const before = new Map(earlier.map((column) => [column.key, column]));
  const more: MetricColumns[] = [];
  for (const column of later) {
    const start = before.get(column.key);
    before.delete(column.key);
    const count = start?.values.length ?? 0;
    if (count > column.values.length || start && !startsWith(column, start)) return undefined;
    if (count === column.values.length) continue;
    const { key, values, steps, times } = column;
    more.push({
      key,
      values: values.slice(count),
      steps: steps.slice(count),
      times: times.slice(count),
    });
  }
  return before.size === 0 ? more : undefined;
}

function startsWith(column: MetricColumns, start: MetricColumns): boolean {
  return start.values.every((value, at) =>
    Object.is(value, column.values[at]) && start.steps[at] === column.steps[at] &&
    start.times[at] === column.times[at]
  );
}
