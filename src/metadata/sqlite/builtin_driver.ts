// Imported as a namespace: a named import that an older Deno lacks would fail before the version
// check.
import * as sqlite from "node:sqlite";
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

/** Makes the backup API copy all pages in one step, so that changes cannot intervene. */
const ALL_PAGES = 2 ** 31 - 1;

/** SQLite built into Deno: no native library, and no permissions beyond the database's path. */
export const builtinDriver: SqlDriver = { name: "builtin", open };

function open(path: string, access: SqlAccess): SqlConnection {
  return attempt(() =>
    new Connection(
      access === "still"
        ? openStill(path)
        : new sqlite.DatabaseSync(path, { readOnly: access === "read" }),
    )
  );
}

/** Maximum size, in bytes, of a database that is read into memory if it cannot be read in place. */
const SMALL = 32 * 1024 * 1024;

/** Maximum size of an in-memory database, in bytes. */
const MAX_IN_MEMORY = 2 ** 31 - 1;

/**
 * Opens a database that nobody writes to, without creating files beside it. `immutable` does that,
 * but the driver accepts a URI only if all permissions are granted. Otherwise a small database is
 * read into memory; a large one is opened normally, which leaves an empty log beside it; if that
 * fails, it is read into memory as well.
 */
function openStill(path: string): sqlite.DatabaseSync {
  try {
    return new sqlite.DatabaseSync(`${toFileUrl(path)}?immutable=1`, { readOnly: true });
  } catch {
    // The other ways report the error.
  }
  const { size } = Deno.statSync(path);
  if (size <= SMALL) return openInMemory(path);
  const database = new sqlite.DatabaseSync(path, { readOnly: true });
  try {
    database.prepare("SELECT 1 FROM sqlite_schema").get();
    return database;
  } catch (error) {
    database.close();
    if (size > MAX_IN_MEMORY) throw error;
    return openInMemory(path);
  }
}

/**
 * Reads the file into memory. Only called while nobody has it open, so closing it releases no
 * locks.
 */
function openInMemory(path: string): sqlite.DatabaseSync {
  const memory = new sqlite.DatabaseSync(":memory:") as sqlite.DatabaseSync & {
    deserialize?(bytes: Uint8Array): void;
  };
  if (!memory.deserialize) {
    memory.close(); // Not supported by older versions of Deno.
    return new sqlite.DatabaseSync(path, { readOnly: true });
  }
  const bytes = Deno.readFileSync(path);
  if (bytes.length === 0) return memory; // An empty file is an empty database.
  // Bytes 18 and 19 are the journal version: 2 is WAL, which is impossible in memory.
  if (bytes[18] === 2 && bytes[19] === 2) bytes.fill(1, 18, 20);
  memory.deserialize(bytes);
  return memory;
}

class Connection implements SqlConnection {
  readonly #database: sqlite.DatabaseSync;
  readonly #statements = new StatementCache<SqlStatement>();

  constructor(database: sqlite.DatabaseSync) {
    this.#database = database;
  }

  prepare(sql: string): SqlStatement {
    return this.#statements.get(
      sql,
      (sql) => new Statement(attempt(() => this.#database.prepare(sql))),
    );
  }

  async copyTo(path: string): Promise<void> {
    try {
      await sqlite.backup(this.#database, path, { rate: ALL_PAGES });
    } catch (error) {
      throw sqlError(error, (error as { errcode?: number }).errcode);
    }
  }

  close(): void {
    this.#statements.clear();
    attempt(() => this.#database.close());
  }
}

class Statement implements SqlStatement {
  readonly #statement: sqlite.StatementSync;

  constructor(statement: sqlite.StatementSync) {
    this.#statement = statement;
  }

  run(...values: SqlValue[]): number {
    return attempt(() => Number(this.#statement.run(...values).changes));
  }

  get(...values: SqlValue[]): SqlRow | undefined {
    return this.#read((statement) => statement.get(...values) as SqlRow | undefined);
  }

  all(...values: SqlValue[]): SqlRow[] {
    return this.#read((statement) => statement.all(...values) as SqlRow[]);
  }

  tuples(...values: SqlValue[]): SqlValue[][] {
    const statement = this.#statement as sqlite.StatementSync & {
      setReturnArrays?(on: boolean): void;
    };
    // Not supported by older versions of Deno.
    if (!statement.setReturnArrays) return this.all(...values).map((row) => Object.values(row));
    statement.setReturnArrays(true);
    try {
      return this.#read((statement) => statement.all(...values) as unknown as SqlValue[][]);
    } finally {
      statement.setReturnArrays(false);
    }
  }

  /** Reads integers as numbers. Only rows with larger integers are read again in a slower way. */
  #read<T extends SqlRow | undefined | SqlRow[] | SqlValue[][]>(
    read: (statement: sqlite.StatementSync) => T,
  ): T {
    return attempt(() => {
      try {
        return read(this.#statement);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.#statement.setReadBigInts(true);
        try {
          const rows = read(this.#statement);
          for (const row of Array.isArray(rows) ? rows : [rows]) if (row) shrinkIntegers(row);
          return rows;
        } finally {
          this.#statement.setReadBigInts(false);
        }
      }
    });
  }
}

function shrinkIntegers(row: SqlRow | SqlValue[]): void {
  const columns = row as SqlRow;
  for (const [column, value] of Object.entries(columns)) {
    if (typeof value !== "bigint") continue;
    const number = Number(value);
    if (Number.isSafeInteger(number)) columns[column] = number;
  }
}

function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw sqlError(error, (error as { errcode?: number }).errcode);
  }
}
