/** Comma- and tab-separated values as a table. */
import { MAX_ROWS, type Table } from "./table.ts";

/** Columns that are shown at most. */
const MAX_COLUMNS = 40;

/** What is used of the library, which has no types of its own. */
interface Csv {
  parse(text: string, options: { delimiter: string; preview: number; skipEmptyLines: boolean }): {
    readonly data: readonly (readonly string[])[];
  };
}

/** The first rows of a text; `undefined` if it has none. */
export async function csvTable(
  text: string,
  type: string,
  whole: boolean,
): Promise<Table | undefined> {
  const { default: csv } = await import("npm:papaparse@~5.7.0") as { default: Csv };
  const { data } = csv.parse(text, {
    delimiter: type === "text/tab-separated-values" ? "\t" : "",
    preview: MAX_ROWS + 2, // The head, and one to know whether there are more.
    skipEmptyLines: true,
  });
  const [head, ...rows] = data.map((row) => row.slice(0, MAX_COLUMNS));
  if (!head) return undefined;
  const right = head.filter((_, at) => rows.length > 0 && rows.every((row) => isNumber(row[at])));
  // How many there are is not known: counting would mean to read on.
  const more = rows.length > MAX_ROWS || !whole;
  const shown = rows.slice(0, MAX_ROWS).map((row) => head.map((_, at) => row[at] ?? ""));
  return { head, right, rows: shown, more };
}

function isNumber(text: string | undefined): boolean {
  return text === undefined || text.trim() === "" || !Number.isNaN(Number(text));
}
