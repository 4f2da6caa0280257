/** A consistent copy of everything as a SQLite database. */
import { yieldToEventLoop } from "../../base/async.ts";
import { chooseDriver } from "../sqlite/choose_driver.ts";
import { columnsOf } from "../sqlite/create_schema.ts";
import { insertMetrics } from "../sqlite/metric_rows.ts";
import { SnapshotFile } from "../sqlite/snapshot_file.ts";
import type { SqlConnection } from "../sqlite/sql_driver.ts";
import type { SqlRow } from "../rows/value.ts";
import { CHANGES } from "./change_triggers.ts";
import type { Database, Transaction } from "./database.ts";
import { TABLES } from "./schema.ts";

/** Number of rows per page. */
const PAGE = 5000;

/** Tables that SQLite stores differently, or creates itself. */
export const OTHERWISE: readonly string[] = [
  "metrics",
  "chachaml_store",
  "chachaml_known_runs",
  "chachaml_metric_summaries",
  CHANGES,
];

/** Orders of rows that are significant: SQLite preserves the order of insertion. */
const ORDERS: Readonly<Record<string, string>> = {
  runs: "LEFT JOIN chachaml_known_runs AS k USING (id) ORDER BY t.start_time, k.place",
  datasets: "ORDER BY t.created_at, t.ctid",
  mlflow_metric_subjects: "ORDER BY t.ctid",
};

/** Writes everything to a new file. Writers are not blocked. */
export async function writeSnapshot(
  database: Database,
  path: string,
  mode?: number,
): Promise<SnapshotFile> {
  const driver = await chooseDriver("builtin");
  return await SnapshotFile.fill(
    driver,
    path,
    (target) => database.readMoment((source) => copyAll(source, target)),
    mode,
  );
}

async function copyAll(source: Transaction, target: SqlConnection): Promise<void> {
  for (const table of Object.keys(TABLES)) {
    if (OTHERWISE.includes(table)) continue;
    const wanted = columnsOf(target, table);
    for await (
      const rows of source.pages(PAGE, `SELECT t.* FROM ${table} AS t ${ORDERS[table] ?? ""}`)
    ) {
      insertRows(target, table, wanted, rows);
      await yieldToEventLoop();
    }
  }
  await copyPoints(source, target);
  const removed = await source.all(
    "SELECT id FROM chachaml_known_runs AS k WHERE NOT EXISTS (SELECT 1 FROM runs WHERE id = k.id)",
  );
  insertRows(target, "chachaml_removed_runs", new Set(["id"]), removed);
  const identity = await source.get("SELECT value FROM chachaml_store WHERE key = 'id'");
  if (identity) {
    target.prepare("UPDATE chachaml_store SET value = ? WHERE key = 'id'").run(identity.value!);
  }
}

function insertRows(
  target: SqlConnection,
  table: string,
  wanted: ReadonlySet<string>,
  rows: readonly SqlRow[],
): void {
  // Another program may have added columns.
  const columns = Object.keys(rows[0] ?? {}).filter((column) => wanted.has(column));
  if (columns.length === 0) return;
  const insert = target.prepare(
    `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
  );
  for (const row of rows) insert.run(...columns.map((column) => row[column] ?? null));
}

async function copyPoints(source: Transaction, target: SqlConnection): Promise<void> {
  const points = source.pages(
    PAGE,
    "SELECT run_id, key, value, step, timestamp FROM metrics ORDER BY timestamp, ctid",
  );
  for await (const rows of points) {
    // Run after run, except for points that are logged concurrently.
    for (let at = 0; at < rows.length;) {
      const runId = rows[at]!.run_id;
      let end = at;
      while (end < rows.length && rows[end]!.run_id === runId) end++;
      const part = rows.slice(at, end);
      insertMetrics(target, {
        runId: String(runId),
        keys: part.map(({ key }) => String(key)),
        values: part.map(({ value }) => Number(value)),
        steps: part.map(({ step }) => Number(step)),
        times: part.map(({ timestamp }) => Number(timestamp)),
      });
      at = end;
    }
    await yieldToEventLoop();
  }
}
