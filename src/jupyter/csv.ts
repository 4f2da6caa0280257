/** Display of comma- and tab-separated values. */
import { MAX_ROWS, type Table } from "./table.ts";

/** Maximum number of columns. */
const MAX_COLUMNS = 40;

/** The part of the library in use; it has no types of its own. */
interface Csv {
  parse(text: string, options: { delimiter: string; preview: number; skipEmptyLines: boolean }): {
    readonly data: readonly (readonly string[])[];
  };
}

/** Returns the first rows of a text as a table; `undefined` if it has none. */
export async function csvTable(
  text: string,
  type: string,
  whole: boolean,
): Promise<Table | undefined> {
  const { default: csv } = await import("npm:papaparse@~5.7.0") as { default: Csv };
  const { data } = csv.parse(text, {
    delimiter: type === "text/tab-separated-values" ? "\t" : "",
    preview: MAX_ROWS + 2, // The header, and one more row to detect that there are more.
    skipEmptyLines: true,
  });
  const [head, ...rows] = data.map((row) => row.slice(0, MAX_COLUMNS));
  if (!head) return undefined;
  const right = head.filter((_, at) => rows.length > 0 && rows.every((row) => isNumber(row[at])));
  // The total is unknown, because counting would require reading the rest.
  const more = rows.length > MAX_ROWS || !whole;
  const shown = rows.slice(0, MAX_ROWS).map((row) => head.map((_, at) => row[at] ?? ""));
  return { head, right, rows: shown, more };
}

function isNumber(text: string | undefined): boolean {
  return text === undefined || text.trim() === "" || !Number.isNaN(Number(text));
}
