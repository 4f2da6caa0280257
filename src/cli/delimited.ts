/** Rows as comma- or tab-separated values. */
import { type Call, type OptionSpec, UsageError } from "./command.ts";

/** Options of commands that print rows. */
export const ROW_OPTIONS: readonly OptionSpec[] = [
  { name: "csv", summary: "Print comma-separated values" },
  { name: "tsv", summary: "Print tab-separated values" },
];

/** The part of the library in use; it has no types of its own. */
interface Csv {
  unparse(rows: readonly (readonly string[])[], options: Record<string, unknown>): string;
}

/** Returns the separator chosen by the options; `undefined` for a table. */
export function separatorOf({ options }: Pick<Call, "options">): "," | "\t" | undefined {
  const asked = ["csv", "tsv", "json"].filter((name) => options.has(name));
  if (asked.length > 1) {
    throw new UsageError(`--${asked[0]} and --${asked[1]} exclude each other`);
  }
  return asked[0] === "csv" ? "," : asked[0] === "tsv" ? "\t" : undefined;
}

/** Formats rows below a header. Values with a separator, quote or line break are quoted. */
export async function delimited(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  separator: "," | "\t",
): Promise<string> {
  const { default: csv } = await import("npm:papaparse@~5.7.0") as { default: Csv };
  return csv.unparse([head, ...rows], { delimiter: separator, newline: "\n" }) + "\n";
}
