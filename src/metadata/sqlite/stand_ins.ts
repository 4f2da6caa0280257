/** What stands in, on a connection that only reads, for what an older or foreign database lacks. */
import { columnsOf } from "./create_schema.ts";
import { TABLES } from "./schema.ts";
import type { SqlConnection } from "./sql_driver.ts";

/**
 * Makes every table of the schema readable: one that is missing as an empty temporary table, one that
 * lacks a column as a temporary view that has it. They are in memory, and only this connection's. Done
 * once for each connection, so that no statement need ask what is there.
 *
 * @returns Whether anything was missing: another program may add it while the connection is open.
 */
export function addStandIns(sql: SqlConnection): boolean {
  const present = new Set(
    sql.prepare("SELECT name FROM main.sqlite_master WHERE type = 'table'").all()
      .map(({ name }) => String(name).toLowerCase()),
  );
  let any = false;
  for (const [table, { definition, added = [] }] of Object.entries(TABLES)) {
    const columns = present.has(table) ? columnsOf(sql, table) : undefined;
    const missing = added.filter((column) => !columns?.has(column));
    if (columns && missing.length === 0) continue;
    // Else temporary tables would be files.
    if (!any) sql.prepare("PRAGMA temp_store = MEMORY").run();
    any = true;
    if (!columns) sql.prepare(`CREATE TEMP TABLE ${table} (${definition})`).run();
    else {
      const nulls = missing.map((column) => `NULL AS ${column}`);
      sql.prepare(
        `CREATE TEMP VIEW ${table} AS SELECT rowid AS rowid, *, ${nulls} FROM main.${table}`,
      ).run();
    }
  }
  return any;
}

/** Changes whenever the schema does. */
export function schemaVersion(sql: SqlConnection): number {
  return Number(sql.prepare("PRAGMA main.schema_version").get()!.schema_version);
}
