/** Page tokens: opaque to the client, and valid while runs are added. */
import { decodeBase64Url, encodeBase64Url } from "./base64.ts";
import type { Page } from "../../metadata/mlflow_query.ts";
import { invalid } from "./mlflow_error.ts";

/** A place in the results of a search. */
export interface Place {
  /** How many results to skip. */
  readonly offset: number;
  /** What the first page was bounded by. */
  readonly bound?: number | undefined;
}

/** The place that a token names; the start without one. */
export function placeOf(token: string | undefined): Place {
  if (token === undefined || token === "") return { offset: 0 };
  try {
    const { offset, bound } = JSON.parse(decodeBase64Url(token)) as Partial<Place>;
    const whole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
    if (whole(offset) && (bound === undefined || whole(bound))) return { offset: offset!, bound };
  } catch {
    // It is not one of ours.
  }
  throw invalid("Invalid page token, could not base64-decode");
}

/** The token of the page after this one, as the field of an answer; nothing on the last page. */
export function nextPage(
  { offset }: Place,
  { items, more, bound }: Page<unknown>,
): { next_page_token?: string } {
  if (!more) return {};
  const place = { offset: offset + items.length, ...bound !== undefined && { bound } };
  return { next_page_token: encodeBase64Url(JSON.stringify(place)) };
}
