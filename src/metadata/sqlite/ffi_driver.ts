import type { Database, Statement as FfiStatement } from "@db/sqlite";
import { toFileUrl } from "@std/path";
import {
  type SqlAccess,
  type SqlConnection,
  type SqlDriver,
  sqlError,
  type SqlRow,
  type SqlStatement,
  type SqlValue,
} from "./sql_driver.ts";
import { StatementCache } from "./statement_cache.ts";

/** Flags of `sqlite3_open_v2`. */
const OPEN_READONLY = 0x1;
const OPEN_URI = 0x40;

/** The part of `@db/sqlite` in use. */
export interface FfiModule {
  /** Class of connections. */
  Database: typeof Database;
}

/** Creates a driver from the loaded `@db/sqlite` module. */
export function ffiDriver(module: FfiModule): SqlDriver {
  return {
    name: "ffi",
    open: (path, access) =>
      attempt(() => new Connection(module, openDatabase(module, path, access))),
  };
}

function openDatabase({ Database }: FfiModule, path: string, access: SqlAccess): Database {
  // Without int64, timestamps are truncated to 32 bits; JSON is not parsed here.
  const common = { int64: true, parseJson: false };
  switch (access) {
    case "write":
      return new Database(path, common);
    case "read":
      return new Database(path, { ...common, readonly: true });
    case "still":
      return new Database(`${toFileUrl(path)}?immutable=1`, {
        ...common,
        flags: OPEN_READONLY | OPEN_URI,
      });
  }
}

class Connection implements SqlConnection {
  readonly #module: FfiModule;
  readonly #database: Database;
  readonly #statements = new StatementCache<SqlStatement>();

  constructor(module: FfiModule, database: Database) {
    this.#module = module;
    this.#database = database;
  }

  prepare(sql: string): SqlStatement {
    return this.#statements.get(sql, (sql) => attempt(() => new Statement(this.#database, sql)));
  }

  async copyTo(path: string): Promise<void> {
    await Promise.resolve(); // The copy is synchronous; a failure must still reject.
    const copy = attempt(() => openDatabase(this.#module, path, "write"));
    try {
      attempt(() => this.#database.backup(copy));
    } finally {
      copy.close();
    }
  }

  close(): void {
    this.#statements.clear();
    attempt(() => this.#database.close());
  }
}

class Statement implements SqlStatement {
  readonly #database: Database;
  readonly #sql: string;
  #statement: FfiStatement | undefined;

  constructor(database: Database, sql: string) {
    this.#database = database;
    this.#sql = sql;
    this.#statement = database.prepare(sql);
  }

  run(...values: SqlValue[]): number {
    return this.#with((statement) => statement.run(...values.map(bindable)));
  }

  get(...values: SqlValue[]): SqlRow | undefined {
    return this.#with((statement) => statement.get<SqlRow>(...values.map(bindable)));
  }

  all(...values: SqlValue[]): SqlRow[] {
    return this.#with((statement) => statement.all<SqlRow>(...values.map(bindable)));
  }

  tuples(...values: SqlValue[]): SqlValue[][] {
    return this.#with((statement) => statement.values<SqlValue[]>(...values.map(bindable)));
  }

  /**
   * Runs a statement. The driver does not reset a failed statement, which keeps its lock, so it is
   * finalized.
   */
  #with<T>(call: (statement: FfiStatement) => T): T {
    return attempt(() => {
      const statement = this.#statement ??= this.#database.prepare(this.#sql);
      try {
        return call(statement);
      } catch (error) {
        this.#statement = undefined;
        try {
          statement.finalize();
        } catch {
          // Finalizing repeats the error that is already being thrown.
        }
        throw error;
      }
    });
  }
}

/**
 * Converts a value for binding. The driver binds every integer as 64 bits and truncates larger
 * ones. SQLite converts text to the type of the column.
 */
function bindable(value: SqlValue): SqlValue {
  return typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)
    ? String(value)
    : value;
}

function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw sqlError(error, (error as { code?: number }).code);
  }
}
