/** Column values as returned by the databases. */

/** A value that can be bound to a statement or read from a column. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** A row, by column name. */
export type SqlRow = Record<string, SqlValue>;

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** Returns a text column. SQLite returns text with U+0000 as bytes. */
export function text(value: SqlValue | undefined): string {
  if (!(value instanceof Uint8Array)) return String(value);
  try {
    return DECODER.decode(value);
  } catch {
    return String(value); // Bytes that are not text.
  }
}

/** Returns a text column; `null` if it has no text. */
export function textOrNull(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : text(value);
}

/** Returns a number column; `null` if it has no number. */
export function numberOrNull(value: SqlValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
