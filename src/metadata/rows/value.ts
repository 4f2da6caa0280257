/** Values of rows, as the databases give them. */

/** A value that can be bound to a statement or read from a column. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** A row, by column name. */
export type SqlRow = Record<string, SqlValue>;

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** The text of a column; SQLite gives what has U+0000 as bytes. */
export function text(value: SqlValue | undefined): string {
  if (!(value instanceof Uint8Array)) return String(value);
  try {
    return DECODER.decode(value);
  } catch {
    return String(value); // Bytes that never were text.
  }
}

/** The text of a column, where it has any. */
export function textOrNull(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : text(value);
}

/** The number of a column, where it has any. */
export function numberOrNull(value: SqlValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
