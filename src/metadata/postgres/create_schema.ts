/** Inspection and creation of the tables of a schema. */
import { NotAStoreError, StorageError } from "../../base/errors.ts";
import { NewerFormatError } from "../../base/storage_errors.ts";
import type { Sql, Transaction } from "./client.ts";
import { FORMAT, INDEXES, SHARED_TABLES, TABLES, UNIQUE_INDEX } from "./schema.ts";
import type { Server } from "./server.ts";
import { FUNCTIONS, SUMMARIZE_ALL, TRIGGERS } from "./triggers.ts";

/** Version of our own tables, functions and triggers. Increased with every change to them. */
const OWN_VERSION = 2;

/** State of a schema. */
export interface SchemaState {
  /** Whether all of it exists, nothing, or a part, e.g. only the tables of chachaml. */
  readonly state: "complete" | "incomplete" | "absent";
  /** Version of the format; 0 if none is recorded. */
  readonly format: number;
  /** What is missing, for messages. */
  readonly missing: readonly string[];
  /** Columns that must be widened. */
  readonly narrow: readonly (readonly [table: string, column: string])[];
  /** Columns that must be added. */
  readonly lacking: readonly (readonly [table: string, column: string, type: string])[];
}

const SELECT_COLUMNS = `SELECT c.relname AS name, c.relkind AS kind, a.attname AS column,
    a.atttypid::regtype::text AS type
  FROM pg_class c LEFT JOIN pg_attribute a
    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'i'
  WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
    AND c.relname = ANY(?::text[])`;

const SELECT_TRIGGERS =
  `SELECT t.tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
    AND NOT t.tgisinternal`;

/**
 * Reads which tables exist; changes nothing.
 *
 * @throws {NotAStoreError} If tables of another program have the names of the store's tables.
 */
export async function inspectSchema(sql: Sql, server: Server): Promise<SchemaState> {
  const names = [...Object.keys(TABLES), ...Object.keys(INDEXES)];
  const [columns, triggers] = await Promise.all([
    sql.all(SELECT_COLUMNS, names),
    sql.all(SELECT_TRIGGERS),
  ]);
  const objects = new Map<string, { kind: string; columns: Map<string, string> }>();
  for (const { name, kind, column, type } of columns) {
    let object = objects.get(String(name));
    if (!object) objects.set(String(name), object = { kind: String(kind), columns: new Map() });
    if (column !== null) object.columns.set(String(column), String(type));
  }
  const missing: string[] = [];
  const narrow: [string, string][] = [];
  const lacking: [string, string, string][] = [];
  for (const [table, { columns: wanted, added = {}, wide = [] }] of Object.entries(TABLES)) {
    const found = objects.get(table);
    if (!found) {
      missing.push(table);
      continue;
    }
    if (!["r", "p"].includes(found.kind)) throw foreign(server, `its "${table}" is no table`);
    const absent = wanted.find((column) => !found.columns.has(column));
    if (absent !== undefined) throw foreign(server, `its table "${table}" has no "${absent}"`);
    for (const [column, type] of Object.entries(added)) {
      if (!found.columns.has(column)) lacking.push([table, column, type]);
    }
    for (const column of wide) {
      if (found.columns.get(column) === "integer") narrow.push([table, column]);
    }
  }
  const known = new Set(triggers.map(({ name }) => String(name)));
  missing.push(...Object.keys(INDEXES).filter((name) => !objects.has(name)));
  missing.push(...Object.keys(TRIGGERS).filter((name) => !known.has(name)));
  const facts = objects.has("chachaml_store")
    ? await sql.all("SELECT key, value FROM chachaml_store WHERE key = ANY(?::text[])", [
      "format",
      "postgres",
    ])
    : [];
  const fact = (name: string) => Number(facts.find(({ key }) => key === name)?.value ?? 0);
  const isWhole = missing.length + narrow.length + lacking.length === 0 &&
    fact("format") >= FORMAT && fact("postgres") >= OWN_VERSION;
  const isAbsent = Object.keys(SHARED_TABLES).every((table) => !objects.has(table));
  const state = isWhole ? "complete" : isAbsent ? "absent" : "incomplete";
  return { state, format: fact("format"), missing, narrow, lacking };
}

function foreign({ shown }: Server, state: string): NotAStoreError {
  const advice = "the schema belongs to another program; name another (currentSchema=…)";
  return new NotAStoreError(shown, `${state}: ${advice}`, { foreign: true });
}

/**
 * Checks that this version may write to a schema.
 *
 * @throws {NewerFormatError} If a newer version has written it.
 */
export function requireWritableSchema({ format }: SchemaState, { shown }: Server): void {
  if (format > FORMAT) throw new NewerFormatError(shown, format, FORMAT);
}

/** Creates missing tables and indexes. Concurrent calls wait for the first one. */
export async function createSchema(sql: Transaction, server: Server): Promise<void> {
  await sql.run("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "chachaml schema");
  const { schema } = server;
  if (schema !== undefined) {
    const there = await sql.get("SELECT 1 FROM pg_namespace WHERE nspname = ?", schema);
    if (!there) await sql.run(`CREATE SCHEMA ${identifier(schema)}`);
  }
  const found = await sql.get("SELECT current_schema() AS name");
  if (found?.name === null) {
    throw new StorageError(
      `create the tables of a store in ${server.shown}`,
      "no schema of the search path is there; name one (currentSchema=…)",
    );
  }
  const before = await inspectSchema(sql, server);
  requireWritableSchema(before, server);
  if (before.state === "complete") return;
  await sql.run([...statementsFor(before, String(found?.name))].join(";\n"));
  await sql.run(
    `INSERT INTO chachaml_store (key, value) VALUES ('id', ?), ('format', ?), ('postgres', ?)
      ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value WHERE chachaml_store.key <> 'id'`,
    crypto.randomUUID(),
    String(FORMAT),
    String(OWN_VERSION),
  );
}

function* statementsFor(before: SchemaState, schema: string): Generator<string> {
  for (const [table, { definition }] of Object.entries(TABLES)) {
    if (before.missing.includes(table)) yield `CREATE TABLE ${table} (${definition})`;
  }
  for (const [table, column, type] of before.lacking) {
    yield `ALTER TABLE ${table} ADD COLUMN ${column} ${type}`;
  }
  // Rewrites the table once.
  for (const [table, column] of before.narrow) {
    yield `ALTER TABLE ${table} ALTER COLUMN ${column} TYPE BIGINT`;
  }
  for (const [index, on] of Object.entries(INDEXES)) {
    const unique = index === UNIQUE_INDEX ? "UNIQUE " : "";
    if (before.missing.includes(index)) yield `CREATE ${unique}INDEX ${index} ON ${on}`;
  }
  for (const [name, body] of Object.entries(FUNCTIONS)) {
    yield `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
      SET search_path = ${identifier(schema)}, pg_temp
      -- Their plans are made once, when the tables may still be small.
      SET enable_seqscan = off AS $body$ BEGIN
      ${body}
      RETURN NULL; END $body$`;
  }
  for (const [name, { on, calls }] of Object.entries(TRIGGERS)) {
    yield `CREATE OR REPLACE TRIGGER ${name} ${on} FOR EACH STATEMENT EXECUTE FUNCTION ${calls}()`;
  }
  // Rows older than the triggers.
  yield "INSERT INTO chachaml_known_runs (id) SELECT id FROM runs ORDER BY start_time, ctid " +
    "ON CONFLICT (id) DO NOTHING";
  yield "DELETE FROM chachaml_metric_summaries";
  yield SUMMARIZE_ALL.replace(/;\s*$/, "");
}

/** Quotes an identifier for SQL. */
function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
