/** Searches with paged responses. */
import type { Page, Search, SortKey, ViewType } from "../../metadata/mlflow_query.ts";
import type { Fields } from "./fields.ts";
import { type Grammar, parseFilter, parseOrder } from "../../metadata/filter.ts";
import { nextPage, placeOf } from "./page_token.ts";

/** Description of a search. */
export interface SearchKind<T> {
  /** Grammar of filters and orders. */
  readonly grammar: Grammar;
  /** Default and maximum number of results. */
  readonly limits: readonly [fallback: number, most: number];
  /** Lifecycle stages; by default all. */
  readonly view?: ViewType;
  /** Order, if it is not in the field `order_by`. */
  readonly order?: readonly SortKey[];
  /** Returns a page of results. */
  readonly find: (search: Search) => Promise<Page<T>>;
  /** Name of the response field. */
  readonly field: string;
  /** Converts a result to JSON. */
  readonly shown: (item: T) => object;
}

/** Handles a search. */
export async function answerSearch<T>(fields: Fields, kind: SearchKind<T>): Promise<unknown> {
  const { grammar, limits, view = "ALL", find, field, shown } = kind;
  const place = placeOf(fields.optionalText("page_token"));
  const page = await find({
    clauses: parseFilter(fields.optionalText("filter"), grammar),
    order: kind.order ?? parseOrder(fields.texts("order_by"), grammar),
    view,
    limit: fields.limit("max_results", ...limits),
    ...place,
  });
  return { ...listed(field, page.items.map(shown)), ...nextPage(place, page) };
}

/** Returns a list as a field of a response; an empty list is omitted. */
export function listed(name: string, items: readonly unknown[]): Record<string, unknown> {
  return items.length > 0 ? { [name]: items } : {};
}
