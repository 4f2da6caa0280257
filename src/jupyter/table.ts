/** Tables as HTML and as plain text. */
import stringWidth from "npm:string-width@~7.2.0";
import { printable } from "../text/format.ts";
import { type Html, markup, type Part } from "./html.ts";

/** Maximum number of rows. */
export const MAX_ROWS = 100;

/** Maximum number of rows in plain text, which also appears in diffs. */
const MAX_TEXT_ROWS = 40;

/** Maximum length of a cell, in characters. */
const MAX_CELL = 300;

/** Maximum length of a cell in plain text, in characters. */
const MAX_TEXT_CELL = 60;

/** Cell of a table: text, or text with a separate HTML form. */
export type Cell = string | { readonly text: string; readonly html: Html };

/** Table with headed columns. */
export interface Table {
  /** Headings of the columns. */
  readonly head: readonly string[];
  /** Cells by row. */
  readonly rows: readonly (readonly Cell[])[];
  /** Headings of the numeric columns, which are right-aligned. */
  readonly right?: readonly string[];
  /** Total number of rows, if `rows` is truncated. */
  readonly total?: number;
  /** Whether more rows exist, if their number is unknown. */
  readonly more?: boolean;
}

/** Renders a table as HTML. */
export function tableHtml(table: Table): Html {
  const { head, rows, right = [] } = table;
  const number = markup` class="num"`;
  const classes = head.map((name) => right.includes(name) ? number : undefined);
  const heads = head.map((name, at) => markup`<th${classes[at]}>${cut(name, MAX_CELL)}</th>`);
  const lines = rows.slice(0, MAX_ROWS).map((row) => {
    const cells = row.map((cell, at) => markup`<td${classes[at]}>${looks(cell)}</td>`);
    return markup`<tr>${cells}</tr>`;
  });
  const top = heads.length > 0 ? markup`<thead><tr>${heads}</tr></thead>` : undefined;
  const body = markup`<table>${top}<tbody>${lines}</tbody></table>`;
  const rest = restOf(table, MAX_ROWS);
  return markup`<div class="scroll">${body}${rest && markup`<div class="dim">${rest}</div>`}</div>`;
}

/** Renders a table as plain text. */
export function tableText(table: Table): string {
  const { head, rows, right = [] } = table;
  const lines = [...head.length > 0 ? [head] : [], ...rows.slice(0, MAX_TEXT_ROWS)].map((row) =>
    row.map((cell) => cut(printable(textOf(cell)), MAX_TEXT_CELL))
  );
  const columns = Math.max(0, ...lines.map((line) => line.length));
  const widths = Array.from(
    { length: columns },
    (_, at) => Math.max(...lines.map((line) => stringWidth(line[at] ?? ""))),
  );
  const text = lines.map((line) =>
    line.map((cell, at) => {
      const room = " ".repeat(widths[at]! - stringWidth(cell));
      return right.includes(head[at] ?? "") ? room + cell : cell + room;
    }).join("  ").trimEnd()
  );
  return [...text, restOf(table, MAX_TEXT_ROWS)].filter((line) => line !== undefined).join("\n");
}

/** Describes the rows that are not shown. */
function restOf({ rows, total = rows.length, more }: Table, shown: number): string | undefined {
  const left = total - Math.min(rows.length, shown);
  if (more) return "… and more";
  return left > 0 ? `… and ${left} more` : undefined;
}

/** Creates a table of names and values, without headings. */
export function pairs(entries: readonly (readonly [string, Cell])[]): Table {
  return { head: [], rows: entries };
}

/** Truncates text with an ellipsis. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

function looks(cell: Cell): Part {
  return typeof cell === "string" ? cut(cell, MAX_CELL) : cell.html;
}
