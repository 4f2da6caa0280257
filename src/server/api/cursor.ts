/** Cursors: the place in a table behind which the next page is, opaque to the client. */
import type { TablePosition } from "../../metadata/run_table.ts";
import { decodeBase64Url, encodeBase64Url } from "../mlflow/base64.ts";
import { bad } from "./api_error.ts";

/** A place, and how many rows the first page has counted. */
export interface Cursor {
  /** The place. */
  readonly after: TablePosition;
  /** Rows of all pages. */
  readonly total: number;
}

/** A cursor as text. */
export function encodeCursor({ after, total }: Cursor): string {
  return encodeBase64Url(JSON.stringify([total, ...after]));
}

/**
 * The cursor of a text.
 *
 * @throws {ApiError} If it is not one that a page has given.
 */
export function decodeCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  try {
    const [total, ...after] = JSON.parse(decodeBase64Url(text)) as unknown[];
    const isPlace = after.length > 0 && after.length < 10 && Number.isSafeInteger(after[0]) &&
      after.every((item) => item === null || ["string", "number"].includes(typeof item));
    if (isPlace && Number.isSafeInteger(total)) {
      return { after: after as (string | number | null)[], total: total as number };
    }
  } catch {
    // It is not one of ours.
  }
  throw bad("The cursor is not one that a page has given; begin without it");
}
