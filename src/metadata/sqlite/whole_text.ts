/**
 * Text as it is stored. Both bindings cut text at the character U+0000 when they read it. This package
 * stores no such text, but other programs may: chachaml writes it raw inside EDN.
 */
export { text, textOrNull } from "../rows/value.ts";

/** Selects text columns so that none of them is cut; what has U+0000 is read as bytes. */
export function whole(...columns: string[]): string {
  return columns.map((column) => {
    const name = column.slice(column.indexOf(".") + 1);
    return `CASE WHEN instr(${column}, char(0)) THEN CAST(${column} AS BLOB) ELSE ${column} END ` +
      `AS ${name}`;
  }).join(", ");
}
