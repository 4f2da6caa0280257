/** Cursors: positions in a table, opaque to the client. */
import type { TablePosition } from "../../metadata/run_table.ts";
import { decodeBase64Url, encodeBase64Url } from "../mlflow/base64.ts";
import { bad } from "./api_error.ts";

/** A position, and the total counted for the first page. */
export interface Cursor {
  /** Position after the last row of a page. */
  readonly after: TablePosition;
  /** Total number of rows. */
  readonly total: number;
}

/** Encodes a cursor. */
export function encodeCursor({ after, total }: Cursor): string {
  // JSON has no form for numbers that are not finite: they are lists of their text.
  const items = after.map((item) =>
    typeof item === "number" && !Number.isFinite(item) ? [String(item)] : item
  );
  return encodeBase64Url(JSON.stringify([total, ...items]));
}

/**
 * Decodes a cursor.
 *
 * @throws {ApiError} If it is not a cursor of a page.
 */
export function decodeCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  try {
    const [total, ...items] = JSON.parse(decodeBase64Url(text)) as unknown[];
    const after = items.map((item) => Array.isArray(item) ? Number(item[0]) : item);
    const isPlace = after.length > 0 && after.length < 10 && Number.isSafeInteger(after[0]) &&
      after.every((item) => item === null || ["string", "number"].includes(typeof item));
    if (isPlace && Number.isSafeInteger(total)) {
      return { after: after as (string | number | null)[], total: total as number };
    }
  } catch {
    // Not a cursor of ours.
  }
  throw bad("The cursor is not one that a page has given; begin without it");
}
