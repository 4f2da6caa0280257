/** Page tokens, opaque to clients and stable while runs are added. */
import { decodeBase64Url, encodeBase64Url } from "./base64.ts";
import type { DocumentPlace } from "../../metadata/mlflow_documents.ts";
import type { Page } from "../../metadata/mlflow_query.ts";
import { invalid } from "./mlflow_error.ts";

/** A position in the results of a search. */
export interface Place {
  /** Number of results to skip. */
  readonly offset: number;
  /** Upper bound set by the first page. */
  readonly bound?: number | undefined;
}

/** Decodes a token; the start without one. */
export function placeOf(token: string | undefined): Place {
  if (token === undefined || token === "") return { offset: 0 };
  const { offset, bound } = decoded<Place>(token);
  const whole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (whole(offset) && (bound === undefined || whole(bound))) return { offset: offset!, bound };
  throw noToken();
}

/** Decodes a token for a position among documents; the start without one. */
export function tokenPlace(token: string | undefined): DocumentPlace | undefined {
  if (token === undefined || token === "") return undefined;
  const { id, time } = decoded<DocumentPlace>(token);
  if (
    typeof id === "string" && id.isWellFormed() && !id.includes("\0") && Number.isSafeInteger(time)
  ) {
    return { id, time: time! };
  }
  throw noToken();
}

/** Returns the token of the page after a document. */
export function placeToken({ id, time }: DocumentPlace): string {
  return encodeBase64Url(JSON.stringify({ id, time }));
}

function decoded<T extends object>(token: string): Partial<T> {
  try {
    const value: unknown = JSON.parse(decodeBase64Url(token));
    if (typeof value === "object" && value !== null) return value as Partial<T>;
  } catch {
    // Not a token of ours.
  }
  throw noToken();
}

function noToken(): Error {
  return invalid("Invalid page token, could not base64-decode");
}

/** Returns the token of the next page as a field; nothing for the last page. */
export function nextPage(
  { offset }: Place,
  { items, more, bound }: Page<unknown>,
): { next_page_token?: string } {
  if (!more) return {};
  const place = { offset: offset + items.length, ...bound !== undefined && { bound } };
  return { next_page_token: encodeBase64Url(JSON.stringify(place)) };
}
