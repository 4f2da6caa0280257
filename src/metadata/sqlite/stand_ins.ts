/** Stand-ins for missing tables and columns on a read-only connection. */
import { columnsOf } from "./create_schema.ts";
import { TABLES } from "./schema.ts";
import type { SqlConnection } from "./sql_driver.ts";

/**
 * Makes every table of the schema readable: missing tables as empty temporary tables, tables
 * without a column as temporary views. They are in memory and local to the connection. Done once
 * per connection, so that statements need not check what exists.
 *
 * @returns Whether anything was missing, which another program may add while the connection is
 * open.
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
    // Otherwise temporary tables would be files.
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

/** Returns the version of the schema, which changes with it. */
export function schemaVersion(sql: SqlConnection): number {
  return Number(sql.prepare("PRAGMA main.schema_version").get()!.schema_version);
}
