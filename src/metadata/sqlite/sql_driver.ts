/** The few calls that the store needs of a SQLite binding. */

import type { SqlRow, SqlValue } from "../rows/value.ts";

export type { SqlRow, SqlValue } from "../rows/value.ts";

/** A prepared statement; it stays usable after an error. */
export interface SqlStatement {
  /** Runs the statement; returns how many rows it changed. */
  run(...values: SqlValue[]): number;
  /** The first row, if any. */
  get(...values: SqlValue[]): SqlRow | undefined;
  /** All rows. */
  all(...values: SqlValue[]): SqlRow[];
  /** All rows, each the values of its columns in order: the fastest way to read very many. */
  tuples(...values: SqlValue[]): SqlValue[][];
}

/** An open connection. Every method throws {@linkcode SqlError} only. */
export interface SqlConnection {
  /** Prepares one statement; the same text gives the same statement again. */
  prepare(sql: string): SqlStatement;
  /**
   * Copies the whole database into a new file, as it is now. Nobody else may have that file open, and
   * this connection must have no write transaction open: the bindings would wait for ever.
   */
  copyTo(path: string): Promise<void>;
  /** Closes the connection and its statements. */
  close(): void;
}

/**
 * How a connection may use its file. `"still"` reads a database that nobody has open, without
 * locks and without creating `-wal` and `-shm` beside it.
 */
export type SqlAccess = "write" | "read" | "still";

/** A SQLite binding. */
export interface SqlDriver {
  /** Which binding it is. */
  readonly name: "ffi" | "builtin";
  /** Opens a database file by its absolute path, or `:memory:`. */
  open(path: string, access: SqlAccess): SqlConnection;
}

/** What a database error means to the store. */
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

/** A database error in the store's own terms; `cause` is the binding's. */
export class SqlError extends Error {
  /** What the error means. */
  readonly kind: SqlErrorKind;

  /** Makes the error. */
  constructor(kind: SqlErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SqlError";
    this.kind = kind;
  }
}

/** Primary result codes of SQLite; extended ones carry them in their low byte. */
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

/** SQLite's own texts, which no version has changed; for bindings that give no code. */
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

/** A binding's error in the store's terms. */
export function sqlError(error: unknown, code?: number): SqlError {
  if (error instanceof SqlError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const kind = (code === undefined ? undefined : KIND_OF_CODE[code & 0xff]) ??
    KIND_OF_MESSAGE.find(([pattern]) => pattern.test(message))?.[1] ?? "other";
  return new SqlError(kind, message, { cause: error });
}
