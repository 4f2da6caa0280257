/** Display of JSON: as a table if it is tabular, otherwise as indented text. */
import { formatNumber } from "../text/format.ts";
import type { Preview } from "./preview.ts";
import { oneLine } from "./cells.ts";
import { markup } from "./html.ts";
import { cut, MAX_ROWS, pairs, type Table, tableHtml, tableText } from "./table.ts";

/** Maximum number of columns. */
const MAX_COLUMNS = 40;

/** Maximum number of characters of JSON that is not tabular. */
const MAX_CHARACTERS = 20_000;

/** Displays JSON; `undefined` if the text is not JSON. */
export function jsonPreview(text: string): Preview | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const table = tableOf(value);
  if (table) return { body: tableHtml(table), text: tableText(table) };
  const lines = cut(JSON.stringify(value, null, 2), MAX_CHARACTERS);
  return { body: markup`<pre>${lines}</pre>`, text: cut(oneLine(JSON.stringify(value)), 200) };
}

/** Converts an object to pairs, or an array of objects to rows. */
function tableOf(value: unknown): Table | undefined {
  if (isObject(value)) {
    const entries = Object.entries(value);
    if (entries.length === 0) return undefined;
    return pairs(entries.map(([key, item]): [string, string] => [key, cellOf(item)]));
  }
  if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) return undefined;
  const shown = value.slice(0, MAX_ROWS);
  const head = [...new Set(shown.flatMap((row) => Object.keys(row)))].slice(0, MAX_COLUMNS);
  return {
    head,
    right: head.filter((key) => shown.every((row) => typeof (row[key] ?? 0) === "number")),
    rows: shown.map((row) => head.map((key) => Object.hasOwn(row, key) ? cellOf(row[key]) : "")),
    total: value.length,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function cellOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" ? formatNumber(value) : JSON.stringify(value);
}
