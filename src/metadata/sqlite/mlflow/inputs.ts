/** Datasets that runs used. */
import { toEdn } from "../../../edn/mod.ts";
import type { MlflowDatasetInput } from "../../mlflow_store.ts";
import { insertDataset } from "../dataset_rows.ts";
import type { SqlConnection } from "../sql_driver.ts";
import { textOrNull } from "./pairs.ts";

/** The tag that says what a dataset was used for. */
const CONTEXT = "mlflow.data.context";

/** Adds datasets to a run; one that it has already is left as it is. */
export function addDatasets(
  sql: SqlConnection,
  runId: string,
  datasets: readonly MlflowDatasetInput[],
  now: number,
): void {
  for (const { name, digest, sourceType, source, schema, profile, tags } of datasets) {
    const context = tags.find(({ key }) => key === CONTEXT)?.value ?? null;
    const added = sql.prepare(
      `INSERT OR IGNORE INTO mlflow_dataset_inputs (run_id, name, digest, source_type, source,
        schema, profile, tags, context) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      runId,
      name,
      digest,
      sourceType,
      source,
      schema,
      profile,
      JSON.stringify(tags),
      context,
    );
    if (added === 0) continue;
    // For those who read the shared tables.
    const features = featuresOf(schema);
    insertDataset(sql, runId, {
      id: crypto.randomUUID(),
      role: context ?? "train",
      rows: rowsOf(profile),
      columns: features?.length ?? null,
      features: features === null ? null : toEdn(features),
      hash: digest,
      source: `${sourceType}: ${source}`.slice(0, 1000),
      createdAt: now,
    });
  }
}

/** Names of columns, where a schema has them. */
function featuresOf(schema: string | null): string[] | null {
  const { mlflow_colspec: columns } = parse(schema) as { mlflow_colspec?: unknown };
  if (!Array.isArray(columns)) return null;
  const names = columns.map((column) => (column as { name?: unknown } | null)?.name);
  return names.every((name) => typeof name === "string") ? names : null;
}

function rowsOf(profile: string | null): number | null {
  const { num_rows: rows } = parse(profile) as { num_rows?: unknown };
  return Number.isSafeInteger(rows) ? rows as number : null;
}

function parse(json: string | null): object {
  try {
    const value = json === null ? null : JSON.parse(json);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {}; // The client's own text: it is kept as it is.
  }
}

/** Datasets that runs of some experiments used, each once. */
export function datasetsOf(
  sql: SqlConnection,
  experimentIds: readonly string[],
): { experimentId: string; name: string; digest: string; context: string | null }[] {
  const ids = experimentIds.filter((id) => /^\d{1,15}$/.test(id)).map(Number);
  if (ids.length === 0) return [];
  return sql.prepare(
    `SELECT DISTINCT e.id, d.name, d.digest, d.context FROM mlflow_experiments e
      JOIN runs r ON r.experiment = e.name JOIN mlflow_dataset_inputs d ON d.run_id = r.id
      WHERE e.id IN (SELECT value FROM json_each(?)) ORDER BY d.name, d.digest, d.context`,
  ).all(JSON.stringify(ids)).map((row) => ({
    experimentId: String(row.id),
    name: String(row.name),
    digest: String(row.digest),
    context: textOrNull(row.context),
  }));
}
