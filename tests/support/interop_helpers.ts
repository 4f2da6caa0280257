/** A store that chachaml 0.7.0 has written, for the tests of what both programs make of it. */
import assert from "node:assert/strict";
import { dirname, join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { unpackTar } from "npm:modern-tar@~0.8.6";
import { OWN_TABLES } from "../../src/metadata/sqlite/schema.ts";
import { inTempDir } from "./helpers.ts";

/** The ids of its runs. */
export const [BASELINE, DEEP, BROKEN] = [
  "0f678206-7eaf-4497-aadf-41a697daac08",
  "900880be-5500-494d-a5bf-ef1c667d6ca8",
  "3b8deeea-73fb-4537-b5d2-7d19b1aa936e",
] as const;

/** Leaves out tables and indexes of the store's own. */
const SHARED = "name NOT LIKE 'chachaml\\_%' ESCAPE '\\' AND name NOT IN (" +
  [...Object.keys(OWN_TABLES), "sqlite_sequence"].map((name) => `'${name}'`) + ")";

/** Gives a test a copy of the store, in `dir` as `t.db`. */
export function withFixture(work: (dir: string) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    const tar = await Deno.readFile(new URL("../fixtures/chachaml-0.7.0.tar", import.meta.url));
    for (const { header, data } of await unpackTar(tar)) {
      if (header.type !== "file") continue;
      const path = join(dir, header.name.replace(/^chachaml/, "t"));
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeFile(path, data ?? new Uint8Array());
    }
    await work(dir);
  });
}

/** Reads or changes the database behind the store's back, as the other program does. */
export function onDatabase<T>(dir: string, work: (sql: DatabaseSync) => T): T {
  const database = new DatabaseSync(join(dir, "t.db"));
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** Rows of a query, as plain objects. */
export function rows(dir: string, query: string): Record<string, unknown>[] {
  return onDatabase(dir, (sql) => sql.prepare(query).all().map((row) => ({ ...row })));
}

/** The one row of a query. */
export function row(dir: string, query: string): Record<string, unknown> {
  const [only, ...more] = rows(dir, query);
  assert.ok(only !== undefined && more.length === 0, query);
  return only;
}

/** The shape of all tables and indexes but the store's own, by name. */
export function shape(dir: string): unknown {
  return onDatabase(dir, (sql) => {
    const objects = sql.prepare(
      `SELECT name, type, tbl_name, sql FROM sqlite_master
        WHERE ${SHARED.replaceAll("name", "tbl_name")} AND ${SHARED} ORDER BY name`,
    ).all();
    return objects.map((object) => [
      { ...object },
      sql.prepare("SELECT * FROM pragma_table_info(?)").all(object.name!).map((row) => ({
        ...row,
      })),
    ]);
  });
}

/** All rows that the other program has written, each value with its type in the database. */
export function contents(dir: string): Record<string, unknown> {
  return onDatabase(dir, (sql) => {
    const tables = sql.prepare(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND ${SHARED} ORDER BY name`,
    ).all().map(({ name }) => String(name));
    return Object.fromEntries(tables.map((table) => {
      const columns = sql.prepare("SELECT name FROM pragma_table_info(?)").all(table)
        .map(({ name }) => `quote(${name}) AS ${name}`);
      const all = sql.prepare(`SELECT ${columns} FROM ${table} ORDER BY rowid`).all();
      return [table, all.map((row) => ({ ...row }))];
    }));
  });
}
