/**
 * Text as it is stored. Both bindings cut text at the character U+0000 when they read it. This package
 * stores no such text, but other programs may: chachaml writes it raw inside EDN.
 */
import type { SqlValue } from "./sql_driver.ts";

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** Selects text columns so that none of them is cut; what has U+0000 is read as bytes. */
export function whole(...columns: string[]): string {
  return columns.map((column) => {
    const name = column.slice(column.indexOf(".") + 1);
    return `CASE WHEN instr(${column}, char(0)) THEN CAST(${column} AS BLOB) ELSE ${column} END ` +
      `AS ${name}`;
  }).join(", ");
}

/** The text of a column that {@linkcode whole} has selected. */
export function text(value: SqlValue | undefined): string {
  if (!(value instanceof Uint8Array)) return String(value);
  try {
    return DECODER.decode(value);
  } catch {
    return String(value); // Bytes that never were text.
  }
}

/** The text of such a column, where it has any. */
export function textOrNull(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : text(value);
}
