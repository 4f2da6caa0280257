/** Searches: one page of results as an answer. */
import type { Page, Search, SortKey, ViewType } from "../../metadata/mlflow_query.ts";
import type { Fields } from "./fields.ts";
import { type Grammar, parseFilter, parseOrder } from "../../metadata/filter.ts";
import { nextPage, placeOf } from "./page_token.ts";

/** How a kind of thing is searched for. */
export interface SearchKind<T> {
  /** What can be searched for, and by what. */
  readonly grammar: Grammar;
  /** The number of results if none is asked for, and the largest number. */
  readonly limits: readonly [fallback: number, most: number];
  /** Which lifecycle stages; all of them if left out. */
  readonly view?: ViewType;
  /** The order, where it is not the field `order_by`. */
  readonly order?: readonly SortKey[];
  /** Finds a page of results. */
  readonly find: (search: Search) => Promise<Page<T>>;
  /** The field of the answer. */
  readonly field: string;
  /** A result as the protocol writes it. */
  readonly shown: (item: T) => object;
}

/** Answers a search. */
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

/** A list as the field of an answer; an empty one is left out. */
export function listed(name: string, items: readonly unknown[]): Record<string, unknown> {
  return items.length > 0 ? { [name]: items } : {};
}
