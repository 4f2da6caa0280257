/** Conversion of rows to run documents. */
import type { IndexEntry } from "../artifact_index.ts";
import type { Metric } from "../metric.ts";
import type { ArtifactDocument, MetricColumns, RunDocument } from "../run_document.ts";
import { numberOrNull, type SqlRow, text, textOrNull } from "./value.ts";

/** Converts the row of a run. */
export function runPartOf(run: SqlRow): Pick<
  RunDocument,
  | "id"
  | "experiment"
  | "name"
  | "status"
  | "startTime"
  | "endTime"
  | "error"
  | "startTags"
  | "environment"
  | "parentId"
  | "createdBy"
> {
  return {
    id: text(run.id),
    experiment: text(run.experiment),
    name: textOrNull(run.name),
    status: text(run.status),
    startTime: Number(run.start_time),
    endTime: numberOrNull(run.end_time),
    error: textOrNull(run.error),
    startTags: textOrNull(run.tags),
    environment: textOrNull(run.env),
    parentId: textOrNull(run.parent_run_id),
    createdBy: textOrNull(run.created_by),
  };
}

/** Converts the record of an artifact. Throws if it is invalid. */
export function artifactPartOf({ record, problem }: IndexEntry): ArtifactDocument {
  if (problem) throw problem;
  const { id, name, contentType, size, hash, createdAt } = record;
  return { id, name, contentType, size, hash, createdAt: createdAt.getTime() };
}

/** Groups points as columns by metric. */
export function columnsOf(
  points: Iterable<Pick<Metric, "key" | "value" | "step"> & { readonly time: number }>,
): MetricColumns[] {
  type Columns = { key: string; values: (number | string)[]; steps: number[]; times: number[] };
  const columns = new Map<string, Columns>();
  for (const { key, value, step, time } of points) {
    let column = columns.get(key);
    if (!column) columns.set(key, column = { key, values: [], steps: [], times: [] });
    column.values.push(Number.isFinite(value) ? value : `${value}`);
    column.steps.push(step);
    column.times.push(time);
  }
  return [...columns.values()].sort((a, b) => a.key < b.key ? -1 : 1);
}
