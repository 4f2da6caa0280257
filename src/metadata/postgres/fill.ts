/** An empty store filled with everything of a SQLite database, the reverse of a snapshot. */
import { yieldToEventLoop } from "../../base/async.ts";
import { StorageError } from "../../base/errors.ts";
import type { SqlRow, SqlValue } from "../rows/value.ts";
import { chooseDriver } from "../sqlite/choose_driver.ts";
import { columnsOf, hasTable } from "../sqlite/create_schema.ts";
import { selectMetrics, valueOf } from "../sqlite/metric_rows.ts";
import { rowPages } from "../sqlite/row_pages.ts";
import type { SqlConnection } from "../sqlite/sql_driver.ts";
import { text, whole } from "../sqlite/whole_text.ts";
import type { Database, Sql } from "./database.ts";
import { insertMetrics } from "./metric_rows.ts";
import { TABLES } from "./schema.ts";
import { OTHERWISE } from "./snapshot.ts";

/** Number of rows per statement. */
const PAGE = 500;

/** Columns of EDN, in which chachaml writes U+0000 as it is; PostgreSQL keeps its escape only. */
const EDN: Readonly<Record<string, readonly string[]>> = {
  runs: ["tags", "env"],
  params: ["value"],
  datasets: ["features"],
};

/**
 * Copies all rows of a database file in one transaction.
 *
 * @throws {StorageError} If the store is not empty.
 */
export async function fillFrom(database: Database, path: string): Promise<void> {
  const source = (await chooseDriver("builtin")).open(path, "read");
  try {
    await database.write(async (sql) => {
      await sql.run("LOCK TABLE runs, artifacts, models IN SHARE ROW EXCLUSIVE MODE");
      const found = await sql.get("SELECT 1 FROM runs UNION ALL SELECT 1 FROM models LIMIT 1");
      if (found) throw new StorageError(`restore ${database.server.shown}`, "it is not empty");
      await copyAll(source, sql);
    });
  } finally {
    source.close();
  }
}

async function copyAll(source: SqlConnection, target: Sql): Promise<void> {
  if (hasTable(source, "chachaml_removed_runs")) {
    await copyTable(source, target, "chachaml_removed_runs", "chachaml_known_runs", ["id"]);
  }
  for (const table of Object.keys(TABLES)) {
    if (OTHERWISE.includes(table) || !hasTable(source, table)) continue;
    const there = columnsOf(source, table);
    const rows = await target.all(
      `SELECT attname AS name FROM pg_attribute
        WHERE attrelid = to_regclass(?::text) AND attnum > 0 AND NOT attisdropped`,
      table,
    );
    const columns = rows.map(({ name }) => text(name)).filter((name) => there.has(name));
    await copyTable(source, target, table, table, columns);
  }
  await copyPoints(source, target);
  // Ids that the database has not given itself.
  await target.all(
    `SELECT setval(pg_get_serial_sequence('mlflow_experiments', 'id'), max(id))
      FROM mlflow_experiments HAVING max(id) > 0`,
  );
}

async function copyTable(
  source: SqlConnection,
  target: Sql,
  from: string,
  to: string,
  columns: readonly string[],
): Promise<void> {
  for (const rows of rowPages(source, from, columns, PAGE)) {
    const marks = rows.map(() => `(${columns.map(() => "?").join(", ")})`).join(", ");
    const values = rows.flatMap((row) => columns.map((column) => valueFor(to, column, row)));
    await target.run(
      `INSERT INTO ${to} (${columns.join(", ")}) VALUES ${marks} ON CONFLICT DO NOTHING`,
      ...values,
    );
  }
}

function valueFor(table: string, column: string, row: SqlRow): SqlValue {
  const value = row[column] ?? null;
  if (!(value instanceof Uint8Array)) return value;
  const whole = text(value);
  return EDN[table]?.includes(column) ? whole.replaceAll("\0", "\\u0000") : whole;
}

async function copyPoints(source: SqlConnection, target: Sql): Promise<void> {
  const runs = source.prepare(
    `SELECT ${
      whole("run_id")
    } FROM (SELECT run_id FROM metrics UNION SELECT run_id FROM metric_nans)`,
  ).all();
  for (const { run_id } of runs) {
    const runId = text(run_id);
    const points = selectMetrics(source, runId);
    await insertMetrics(target, {
      runId,
      keys: points.map(({ key }) => text(key)),
      values: points.map(valueOf),
      steps: points.map(({ step }) => Number(step)),
      times: points.map(({ timestamp }) => Number(timestamp)),
    });
    await yieldToEventLoop();
  }
}
