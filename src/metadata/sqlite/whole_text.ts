/**
 * Complete text of columns. Both drivers truncate text at U+0000 when reading. This package never
 * stores such text, but other programs may: chachaml writes it raw inside EDN.
 */
export { text, textOrNull } from "../rows/value.ts";

/** Selects text columns without truncation; text with U+0000 is read as bytes. */
export function whole(...columns: string[]): string {
  return columns.map((column) => {
    const name = column.slice(column.indexOf(".") + 1);
    return `CASE WHEN instr(${column}, char(0)) THEN CAST(${column} AS BLOB) ELSE ${column} END ` +
      `AS ${name}`;
  }).join(", ");
}
