/** Scripts on PostgreSQL: one statement after another. */
import type { SqlDialect } from "../sql/dialect.ts";
import { fragment } from "../sql/fragment.ts";
import { native, run, type Script, type Step } from "../sql/script.ts";
import type { ScriptDatabase } from "../sql/script_database.ts";
import type { SqlValue } from "../rows/value.ts";
import type { Database, Sql } from "./database.ts";
import { lockThing } from "./locks.ts";
import { NON_ASCII_ID } from "./schema.ts";

/** SQL of PostgreSQL. */
export const POSTGRES: SqlDialect = {
  place: "ctid",
  greatest: "greatest",
  forUpdate: " FOR NO KEY UPDATE",
  forShare: " FOR SHARE",
  runsOfId: `SELECT id FROM runs WHERE upper(id COLLATE "C") = ?`,
  runsBeyondAscii: `SELECT id FROM runs WHERE ${NON_ASCII_ID}`,
  // A number may have a fraction where the column has none.
  number: "?::double precision",
  whole: (...columns) => columns.join(", "),
  text: (expression) => `${expression} COLLATE "C"`,
  oneOf: (expression, type) => `${expression} = ANY(?::${type}[])`,
  list: (values) => values,
  // Disables the escape character.
  like: (expression, pattern, ignoreCase) => ({
    text: `${expression} ${ignoreCase ? "ILIKE" : "LIKE"} ? ESCAPE ''`,
    value: pattern,
  }),
  textAfter: (column, start) =>
    fragment(
      `CASE WHEN strpos(${column}, ?) > 0 THEN split_part(
        substr(${column}, strpos(${column}, ?) + length(?::text)), '"', 1) END`,
      start,
      start,
      start,
    ),
  isNan: (last) => `${last} = 'NaN'`,
  nanAsNull: (last) => `nullif(${last}, 'NaN')`,
  *lock(kind, name) {
    yield* native((sql: Sql) => lockThing(sql, kind, name));
  },
  *insertPairs(table, owner, pairs, onConflict) {
    const columns = Object.keys(owner);
    yield* run(
      `INSERT INTO ${table} (${[...columns, "key", "value"].join(", ")})
        SELECT ${columns.map((column) => `o.${column}`).join(", ")}, p.key, p.value
        FROM (VALUES (${columns.map((column) => `?::${typeOf(owner[column]!)}`).join(", ")}))
          AS o(${columns.join(", ")}), unnest(?::text[], ?::text[]) AS p(key, value)
        ${
        onConflict === "replace"
          ? `ON CONFLICT (${[...columns, "key"].join(", ")}) DO UPDATE SET value = EXCLUDED.value`
          : ""
      }`,
      ...Object.values(owner),
      pairs.map(([key]) => key),
      pairs.map(([, value]) => value),
    );
  },
};

function typeOf(value: SqlValue): "text" | "bigint" {
  return typeof value === "string" ? "text" : "bigint";
}

/** Runs a script on a connection. */
export async function runScript<T>(sql: Sql, script: Script<T>): Promise<T> {
  let next = script.next();
  while (!next.done) {
    let result: unknown;
    try {
      result = await perform(sql, next.value);
    } catch (error) {
      next = script.throw(error);
      continue;
    }
    next = script.next(result);
  }
  return next.value;
}

function perform(sql: Sql, step: Step): unknown {
  if (step.want === "native") return step.work(sql as never);
  return sql[step.want](step.text, ...step.values);
}

/** Returns a database that runs scripts. */
export function scriptsOf(database: Database): ScriptDatabase {
  return {
    dialect: POSTGRES,
    read: (script) => database.read((sql) => runScript(sql, script())),
    write: (script) => database.write((sql) => runScript(sql, script())),
  };
}
