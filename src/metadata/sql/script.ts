/**
 * Operations on a database, written once for all databases. A script is a generator that yields
 * statements and receives their results. SQLite runs it to its end in one turn of the event loop;
 * PostgreSQL awaits each statement.
 */
import type { SqlRow, SqlValue } from "../rows/value.ts";

/** A value that can be bound. Only PostgreSQL binds lists, made by `SqlDialect.list`. */
export type SqlInput = SqlValue | readonly string[] | readonly (number | bigint)[];

/** One step of a script. */
export type Step =
  | {
    /** Which result is wanted: all rows, the first row, or the number of changed rows. */
    readonly want: "all" | "get" | "run";
    /** SQL text. */
    readonly text: string;
    /** Values of its placeholders `?`. */
    readonly values: readonly SqlInput[];
  }
  | {
    readonly want: "native";
    /** Does what differs between databases, on a connection of the database in use. */
    readonly work: (sql: never) => unknown;
  };

/** An operation of several statements. */
export type Script<T> = Generator<Step, T, unknown>;

/** Returns all rows of a statement. */
export function* all(text: string, ...values: SqlInput[]): Script<SqlRow[]> {
  return (yield { want: "all", text, values }) as SqlRow[];
}

/** Returns the first row of a statement, if any. */
export function* get(text: string, ...values: SqlInput[]): Script<SqlRow | undefined> {
  return (yield { want: "get", text, values }) as SqlRow | undefined;
}

/** Runs a statement. Returns the number of changed rows. */
export function* run(text: string, ...values: SqlInput[]): Script<number> {
  return (yield { want: "run", text, values }) as number;
}

/** Returns a value without a statement. */
// deno-lint-ignore require-yield
export function* constant<T>(value: T): Script<T> {
  return value;
}

/** Calls `work` with the connection of the database in use. */
export function* native<C, T>(work: (sql: C) => T | Promise<T>): Script<T> {
  return (yield { want: "native", work: work as (sql: never) => unknown }) as T;
}
