/** Files from dataframes. */
import type { Form } from "./form.ts";

/** Export methods of dataframes in nodejs-polars, arquero and danfo. */
interface Frame {
  writeParquet?: () => unknown;
  writeCSV?: () => unknown;
  toCSV?: () => unknown;
}

/**
 * Returns a dataframe as CSV, or as Parquet if the name ends in `.parquet`; an empty array for
 * other values.
 */
export async function formsOfFrame(name: string, value: object): Promise<Form[]> {
  const frame = value as Frame;
  if (/\.parquet$/i.test(name) && typeof frame.writeParquet === "function") {
    const source = await frame.writeParquet();
    return isSource(source) ? [{ extension: ".parquet", source }] : [];
  }
  const source = typeof frame.writeCSV === "function"
    ? await frame.writeCSV()
    : typeof frame.toCSV === "function"
    ? await frame.toCSV()
    : undefined;
  return isSource(source) ? [{ extension: ".csv", source }] : [];
}

function isSource(source: unknown): source is string | Uint8Array {
  return typeof source === "string" || source instanceof Uint8Array;
}
