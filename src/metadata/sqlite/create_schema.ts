/** Inspection and creation of the schema. */
import { NotAStoreError } from "../../base/errors.ts";
import { NewerFormatError } from "../../base/storage_errors.ts";
import { FORMAT, INDEXES, MAIN_TABLES, TABLES, TRIGGERS, UNIQUE_INDEX } from "./schema.ts";
import type { SqlConnection } from "./sql_driver.ts";

/** State of the schema in a database. */
export type SchemaState = "complete" | "incomplete" | "absent";

/**
 * Determines which tables exist, without any change.
 *
 * @throws {NotAStoreError} If a table of another program has the same name.
 */
export function inspectSchema(sql: SqlConnection, path: string): SchemaState {
  const objects = new Map(
    sql.prepare("SELECT name, type FROM main.sqlite_master").all()
      .map((row) => [String(row.name).toLowerCase(), String(row.type)]),
  );
  let complete = true;
  for (const [table, { columns, added = [] }] of Object.entries(TABLES)) {
    const type = objects.get(table);
    if (type === undefined) {
      complete = false;
      continue;
    }
    if (type !== "table") {
      throw foreign(path, `its "${table}" is a ${type}, not the store's table`);
    }
    const found = columnsOf(sql, table);
    const missing = columns.find((column) => !found.has(column));
    if (missing !== undefined) {
      throw foreign(
        path,
        `its table "${table}" has no column "${missing}": it belongs to another program`,
      );
    }
    complete &&= added.every((column) => found.has(column));
  }
  if (!Object.keys(MAIN_TABLES).some((table) => objects.has(table))) {
    const other = [...objects.keys()].find((name) => !name.startsWith("sqlite_"));
    if (other === undefined) return "absent";
    throw foreign(
      path,
      `it has none of the store's tables, but "${other}": it belongs to another program`,
    );
  }
  const others = [...Object.keys(INDEXES), ...Object.keys(TRIGGERS)];
  complete &&= others.every((name) => objects.has(name)) && formatOf(sql) === FORMAT;
  return complete ? "complete" : "incomplete";
}

/**
 * Checks that this version may write to a database.
 *
 * @throws {NewerFormatError} If a newer version wrote it.
 * @throws {NotAStoreError} If it has a trigger of another program, which every write would execute.
 */
export function requireWritableSchema(sql: SqlConnection, path: string): void {
  const format = formatOf(sql);
  if (format > FORMAT) throw new NewerFormatError(path, format, FORMAT);
  const trigger = sql.prepare("SELECT name FROM main.sqlite_master WHERE type = 'trigger'").all()
    .map(({ name }) => String(name)).find((name) => !Object.hasOwn(TRIGGERS, name));
  if (trigger === undefined) return;
  throw foreign(
    path,
    `it has the trigger ${
      JSON.stringify(trigger)
    }, which is not the store's and would run at each ` +
      "write; read it with readOnly, or drop the trigger (DROP TRIGGER) and try again",
  );
}

/**
 * Returns the version of the format; 0 if none is recorded, as in databases created by chachaml.
 */
export function formatOf(sql: SqlConnection): number {
  const table = sql.prepare(
    "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = 'chachaml_store'",
  ).get();
  const value = table &&
    sql.prepare("SELECT value FROM main.chachaml_store WHERE key = 'format'").get()?.value;
  const format = Number(value ?? 0);
  return Number.isSafeInteger(format) ? format : Infinity;
}

function foreign(path: string, state: string): NotAStoreError {
  return new NotAStoreError(path, state, { foreign: true });
}

/**
 * Creates missing parts of the schema. Must run in a write transaction.
 *
 * @throws {NotAStoreError} If the content of the database prevents it.
 * @throws {NewerFormatError} If a newer version wrote it.
 */
export function createSchema(sql: SqlConnection, path: string): void {
  const state = inspectSchema(sql, path);
  requireWritableSchema(sql, path);
  if (state === "complete") return;
  for (const [table, { definition, added = [] }] of Object.entries(TABLES)) {
    sql.prepare(`CREATE TABLE IF NOT EXISTS ${table} (${definition})`).run();
    const columns = columnsOf(sql, table);
    for (const column of added) {
      if (!columns.has(column)) sql.prepare(`ALTER TABLE ${table} ADD COLUMN ${column} TEXT`).run();
    }
  }
  for (const [index, on] of Object.entries(INDEXES)) {
    const unique = index === UNIQUE_INDEX ? "UNIQUE" : "";
    try {
      sql.prepare(`CREATE ${unique} INDEX IF NOT EXISTS ${index} ON ${on}`).run();
    } catch (error) {
      if (!unique) throw error;
      throw new NotAStoreError(path, "a run of it has two artifacts of one name", { cause: error });
    }
  }
  for (const [trigger, action] of Object.entries(TRIGGERS)) {
    sql.prepare(`CREATE TRIGGER IF NOT EXISTS ${trigger} ${action}`).run();
  }
  const note = sql.prepare(
    "INSERT INTO chachaml_store (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING",
  );
  note.run("id", crypto.randomUUID());
  note.run("format", String(FORMAT));
  sql.prepare("UPDATE chachaml_store SET value = ? WHERE key = 'format'").run(String(FORMAT));
}

/** Whether a table exists, in a database whose schema may be incomplete. */
export function hasTable(sql: SqlConnection, table: string): boolean {
  return sql.prepare("SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ?")
    .get(table) !== undefined;
}

/** Whether an index exists; a read-only database may lack our own. */
export function hasIndex(sql: SqlConnection, index: string): boolean {
  return sql.prepare("SELECT 1 FROM main.sqlite_master WHERE type = 'index' AND name = ?")
    .get(index) !== undefined;
}

/** Returns the columns of a table in the database itself, not of its stand-in. */
export function columnsOf(sql: SqlConnection, table: string): Set<string> {
  return new Set(
    sql.prepare("SELECT name FROM pragma_table_info(?, 'main')").all(table)
      .map((row) => String(row.name).toLowerCase()),
  );
}
