/** Rows of a file as a table. */
import type { ComponentChildren } from "preact";

/** Longest text of a cell. */
const MOST_TEXT = 200;

/** Most columns that are drawn. */
const MOST_COLUMNS = 200;

/** A table of text. */
export function Grid({ label, heads, rows, note }: {
  label: string;
  heads: readonly string[];
  rows: readonly (readonly unknown[])[];
  note: ComponentChildren;
}) {
  const columns = heads.slice(0, MOST_COLUMNS);
  const numeric = columns.map((_, at) =>
    rows.length > 0 && rows.every((row) => isNumber(row[at]) || row[at] === "" || row[at] == null)
  );
  return (
    <>
      <div class="grid-scroll" tabIndex={0} role="region" aria-label={label}>
        <table class="grid">
          <thead>
            <tr>
              {columns.map((head, at) => (
                <th key={at} scope="col" class={numeric[at] ? "right" : ""}>
                  <bdi>{head || " "}</bdi>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                {columns.map((_, at) => {
                  const text = textOf(row[at]);
                  return (
                    <td
                      key={at}
                      class={numeric[at] ? "right" : ""}
                      title={text.length > 30 ? text : undefined}
                    >
                      <bdi>{text}</bdi>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="dim">
        {note}
        {heads.length > MOST_COLUMNS && `, the first ${MOST_COLUMNS} of ${heads.length} columns`}
      </p>
    </>
  );
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint" ||
    typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value));
}

function textOf(value: unknown): string {
  if (value == null) return "";
  const text = typeof value === "string"
    ? value
    : value instanceof Date
    ? value.toISOString()
    : typeof value === "object"
    ? JSON.stringify(value, (_, item) => typeof item === "bigint" ? String(item) : item)
    : String(value);
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}
