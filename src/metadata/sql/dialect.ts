/** Differences between the SQL of databases, as far as shared statements need them. */
import type { SqlValue } from "../rows/value.ts";
import type { Fragment } from "./fragment.ts";
import type { Script, SqlInput } from "./script.ts";

/** Columns that identify the owner of rows: `{ model_id: "m-1", kind: "tag" }`. */
export type Owner = Readonly<Record<string, SqlValue>>;

/** SQL of one database. */
export interface SqlDialect {
  /** Column that tells in which order rows were added. */
  readonly place: string;
  /** Function that returns the larger one of two numbers. */
  readonly greatest: string;
  /** Suffix of a SELECT whose row is about to be changed. */
  readonly forUpdate: string;
  /** Suffix of a SELECT whose row must not be changed until the transaction ends. */
  readonly forShare: string;
  /** Placeholder of a number that is compared with whole ones. */
  readonly number: string;
  /** Selects the ids of runs that are equal to a folded id, if they are ASCII. */
  readonly runsOfId: string;
  /** Selects the ids of runs that are not ASCII. */
  readonly runsBeyondAscii: string;
  /** Selects text columns, which another program may have written with U+0000. */
  whole(...columns: string[]): string;
  /** Returns a text expression that is compared by code points. */
  text(expression: string): string;
  /** Returns the condition that an expression is one of a list; see {@linkcode list}. */
  oneOf(expression: string, type: "text" | "bigint"): string;
  /** Returns a list as the value of a placeholder. */
  list(values: readonly string[] | readonly number[]): SqlInput;
  /** Returns a condition with a pattern of `%` and `_`, without an escape character. */
  like(
    expression: string,
    pattern: string,
    ignoreCase: boolean,
  ): { readonly text: string; readonly value: string };
  /** Returns the text in `column` between `start` and the next double quote; NULL without it. */
  textAfter(column: string, start: string): Fragment;
  /** Returns the condition that the last value of a metric is NaN. */
  isNan(last: string): string;
  /** Returns the last value of a metric, NULL for NaN. */
  nanAsNull(last: string): string;
  /** Locks an object of a kind by name until the transaction ends. */
  lock(kind: string, name: string): Script<void>;
  /** Inserts a row with the columns `key` and `value` for each pair. Each key occurs once. */
  insertPairs(
    table: string,
    owner: Owner,
    pairs: readonly (readonly [key: string, value: string])[],
    onConflict: "fail" | "replace",
  ): Script<void>;
}
