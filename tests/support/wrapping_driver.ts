/** A driver of SQLite whose statements a test looks into. */
import { builtinDriver } from "../../src/metadata/sqlite/builtin_driver.ts";
import type { SqlDriver, SqlStatement } from "../../src/metadata/sqlite/sql_driver.ts";

/** Returns the built-in driver with `wrap` in between: it is given each statement and its text. */
export function wrappingDriver(
  wrap: (statement: SqlStatement, text: string) => SqlStatement,
): SqlDriver {
  return {
    name: builtinDriver.name,
    open(path, access) {
      const sql = builtinDriver.open(path, access);
      return {
        prepare: (text) => wrap(sql.prepare(text), text),
        copyTo: (to) => sql.copyTo(to),
        close: () => sql.close(),
      };
    },
  };
}
