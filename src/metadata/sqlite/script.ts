/** Scripts on SQLite: all statements in one turn of the event loop. */
import type { SqlDialect } from "../sql/dialect.ts";
import { fragment } from "../sql/fragment.ts";
import { constant, run, type Script, type SqlInput, type Step } from "../sql/script.ts";
import type { ScriptDatabase } from "../sql/script_database.ts";
import type { Database } from "./database.ts";
import { NON_ASCII_ID } from "./schema.ts";
import type { SqlConnection, SqlValue } from "./sql_driver.ts";
import { whole } from "./whole_text.ts";

/** SQL of SQLite. */
export const SQLITE: SqlDialect = {
  place: "rowid",
  greatest: "max",
  forUpdate: "",
  forShare: "",
  runsOfId: `SELECT ${whole("id")} FROM runs WHERE runs.id = ? COLLATE NOCASE`,
  runsBeyondAscii: `SELECT ${whole("id")} FROM runs WHERE ${NON_ASCII_ID}`,
  number: "?",
  whole,
  text: (expression) => expression,
  oneOf: (expression) => `${expression} IN (SELECT value FROM json_each(?))`,
  list: (values) => JSON.stringify(values),
  // LIKE ignores case; GLOB does not.
  like: (expression, pattern, ignoreCase) =>
    ignoreCase
      ? { text: `${expression} LIKE ?`, value: pattern }
      : { text: `${expression} GLOB ?`, value: globOf(pattern) },
  textAfter: (column, start) => {
    const rest = `substr(${column}, instr(${column}, ?) + length(?))`;
    const text = `CASE WHEN instr(${column}, ?) > 0 THEN
      substr(${rest}, 1, instr(${rest}, '"') - 1) END`;
    return fragment(text, ...Array<string>(5).fill(start));
  },
  isNan: (last) => `${last} IS NULL`,
  nanAsNull: (last) => last,
  lock: () => constant(undefined), // A write transaction has the database to itself.
  *insertPairs(table, owner, pairs, onConflict) {
    const columns = [...Object.keys(owner), "key", "value"];
    const statement = `INSERT ${onConflict === "replace" ? "OR REPLACE " : ""}INTO ${table}
      (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
    for (const pair of pairs) yield* run(statement, ...Object.values(owner), ...pair);
  },
};

/** Converts a LIKE pattern to a GLOB pattern. */
function globOf(pattern: string): string {
  return pattern.replace(/[*?[]/g, "[$&]").replaceAll("%", "*").replaceAll("_", "?");
}

/** Returns the values of a fragment to bind. A list of {@linkcode SQLITE} is a text. */
export function boundValues(values: readonly SqlInput[]): readonly SqlValue[] {
  return values as readonly SqlValue[];
}

/** Runs a script on a connection. */
export function runScript<T>(sql: SqlConnection, script: Script<T>): T {
  let next = script.next();
  while (!next.done) {
    let result: unknown;
    try {
      result = perform(sql, next.value);
    } catch (error) {
      next = script.throw(error);
      continue;
    }
    next = script.next(result);
  }
  return next.value;
}

function perform(sql: SqlConnection, step: Step): unknown {
  if (step.want === "native") return step.work(sql as never);
  return sql.prepare(step.text)[step.want](...boundValues(step.values));
}

/** Returns a database that runs scripts. */
export function scriptsOf(database: Database): ScriptDatabase {
  return {
    dialect: SQLITE,
    read: (script) => database.read((sql) => runScript(sql, script())),
    write: (script) => database.write({ apply: (sql) => runScript(sql, script()) }),
  };
}
