/** Pipelines, in tables that chachaml creates on first use. */
import type { Pipeline, PipelineStep } from "../../run_table.ts";
import { hasTable } from "../create_schema.ts";
import type { SqlConnection, SqlRow, SqlValue } from "../sql_driver.ts";
import { text, textOrNull, whole } from "../whole_text.ts";

const SELECT = `SELECT ${whole("id", "name", "description", "status")}, created_at, finished_at
  FROM pipelines`;

/** Reads the newest pipelines. */
export function readPipelines(sql: SqlConnection, limit: number): Pipeline[] {
  if (!hasTable(sql, "pipelines")) return [];
  return sql.prepare(`${SELECT} ORDER BY created_at DESC LIMIT ?`).all(limit).map(pipelineOf);
}

/** Reads a pipeline with its steps. */
export function readPipeline(
  sql: SqlConnection,
  id: string,
): (Pipeline & { readonly steps: PipelineStep[] }) | undefined {
  if (!hasTable(sql, "pipelines")) return undefined;
  const row = sql.prepare(`${SELECT} WHERE id = ?`).get(id);
  if (!row) return undefined;
  const steps = sql.prepare(
    `SELECT ${whole("id", "pipeline_id", "step_name", "run_id", "status")}, step_order, started_at,
      finished_at FROM pipeline_steps WHERE pipeline_id = ? ORDER BY step_order`,
  ).all(id);
  return { ...pipelineOf(row), steps: steps.map(stepOf) };
}

function pipelineOf(row: SqlRow): Pipeline {
  return {
    "id": text(row.id),
    "name": text(row.name),
    "description": textOrNull(row.description),
    "status": text(row.status),
    "created-at": Number(row.created_at),
    "finished-at": numberOrNull(row.finished_at),
  };
}

function stepOf(row: SqlRow): PipelineStep {
  return {
    "id": text(row.id),
    "pipeline-id": text(row.pipeline_id),
    "step-name": text(row.step_name),
    "step-order": Number(row.step_order),
    "run-id": textOrNull(row.run_id),
    "status": text(row.status),
    "started-at": numberOrNull(row.started_at),
    "finished-at": numberOrNull(row.finished_at),
  };
}

function numberOrNull(value: SqlValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
