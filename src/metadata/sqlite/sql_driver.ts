/** Minimal interface of a SQLite driver. */

import type { SqlRow, SqlValue } from "../rows/value.ts";

export type { SqlRow, SqlValue } from "../rows/value.ts";

/** A prepared statement. It stays usable after an error. */
export interface SqlStatement {
  /** Runs the statement. Returns the number of changed rows. */
  run(...values: SqlValue[]): number;
  /** Returns the first row, if any. */
  get(...values: SqlValue[]): SqlRow | undefined;
  /** Returns all rows. */
  all(...values: SqlValue[]): SqlRow[];
  /** Returns all rows as arrays of column values, the fastest way to read many rows. */
  tuples(...values: SqlValue[]): SqlValue[][];
}

/** An open connection. Every method throws only {@linkcode SqlError}. */
export interface SqlConnection {
  /** Prepares a statement. The same text returns the same statement. */
  prepare(sql: string): SqlStatement;
  /**
   * Copies the current database to a new file. Nobody else may have that file open, and this
   * connection must not have an open write transaction, or the drivers would wait forever.
   */
  copyTo(path: string): Promise<void>;
  /** Closes the connection and its statements. */
  close(): void;
}

/**
 * Access of a connection to its file. `"still"` reads a database that nobody has open, without
 * locks and without creating `-wal` and `-shm` beside it.
 */
export type SqlAccess = "write" | "read" | "still";

/** A SQLite driver. */
export interface SqlDriver {
  /** Name of the driver. */
  readonly name: "ffi" | "builtin";
  /** Opens a database by its absolute path, or `:memory:`. */
  open(path: string, access: SqlAccess): SqlConnection;
}

/** Kinds of database errors. */
export type SqlErrorKind =
  | "busy"
  | "constraint"
  | "not-a-database"
  | "read-only"
  | "full"
  | "io"
  | "damaged"
  | "cannot-open"
  | "other";

/** A database error in the store's terms; `cause` is the driver's error. */
export class SqlError extends Error {
  /** Kind of the error. */
  readonly kind: SqlErrorKind;

  /** Creates the error. */
  constructor(kind: SqlErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SqlError";
    this.kind = kind;
  }
}

/** Primary result codes of SQLite; extended codes contain them in their low byte. */
const KIND_OF_CODE: Record<number, SqlErrorKind> = {
  5: "busy",
  6: "busy",
  8: "read-only",
  10: "io",
  11: "damaged",
  13: "full",
  14: "cannot-open",
  19: "constraint",
  26: "not-a-database",
};

/** Messages of SQLite, stable across versions, for drivers without error codes. */
const KIND_OF_MESSAGE: [RegExp, SqlErrorKind][] = [
  [/database (table )?is locked/, "busy"],
  [/attempt to write a readonly database/, "read-only"],
  [/database or disk is full/, "full"],
  [/disk I\/O error/, "io"],
  [/disk image is malformed/, "damaged"],
  [/unable to open database file/, "cannot-open"],
  [/constraint failed/, "constraint"],
  [/file is not a database/, "not-a-database"],
];

/** Converts a driver's error. */
export function sqlError(error: unknown, code?: number): SqlError {
  if (error instanceof SqlError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const kind = (code === undefined ? undefined : KIND_OF_CODE[code & 0xff]) ??
    KIND_OF_MESSAGE.find(([pattern]) => pattern.test(message))?.[1] ?? "other";
  return new SqlError(kind, message, { cause: error });
}
