/** Searches of documents: the database lists them by time, filters and other orders are applied here. */
import type {
  DocumentPage,
  DocumentPlace,
  MlflowDocuments,
} from "../../metadata/mlflow_documents.ts";
import type { Clause, SortKey } from "../../metadata/mlflow_query.ts";
import { compareValues, fits, type Value } from "./clause_match.ts";
import { nextPage, placeOf, placeToken, tokenPlace } from "./page_token.ts";

/** Documents that are read at a time, so that memory does not grow with their number. */
const AT_A_TIME = 200;

/** A search of documents. */
export interface DocumentSearch<T> {
  /** Kind of the documents. */
  readonly kind: string;
  /** Their scopes; all without. */
  readonly scopes: readonly string[] | undefined;
  /** Conditions, all of which must hold. */
  readonly clauses: readonly Clause[];
  /** Order; the newest first without keys. */
  readonly order: readonly SortKey[];
  /** Name of the attribute that is the time of the document. */
  readonly timeKey: string;
  /** Maximum number of results. */
  readonly limit: number;
  /** Token of the page. */
  readonly token: string | undefined;
  /** Parses a document. */
  readonly parse: (data: string) => T;
  /** Whether a document is searched at all. */
  readonly isIn?: (item: T) => boolean;
  /** Returns the value of a field. */
  readonly valueOf: (item: T, key: Pick<Clause, "entity" | "key">) => Value;
  /** Whether a document fits a condition, if not by its value alone. */
  readonly fitsClause?: (item: T, clause: Clause) => boolean | undefined;
}

/** A page of results. */
export interface Found<T> {
  /** The results. */
  readonly items: readonly T[];
  /** The token of the next page, as a field. */
  readonly next: { next_page_token?: string };
}

/** Searches documents. */
export async function searchDocuments<T>(
  documents: MlflowDocuments,
  search: DocumentSearch<T>,
): Promise<Found<T>> {
  const { order, limit, token } = search;
  const isByTime = order.length === 0 ||
    order.length === 1 && order[0]!.entity === "attribute" && order[0]!.key === search.timeKey;
  if (!isByTime) return await sorted(documents, search);
  const oldestFirst = order[0] !== undefined && !order[0].descending;
  const items: T[] = [];
  let last: DocumentPlace | undefined;
  for await (const { item, place } of matches(documents, search, tokenPlace(token), oldestFirst)) {
    if (items.length === limit) return { items, next: { next_page_token: placeToken(last!) } };
    items.push(item);
    last = place;
  }
  return { items, next: {} };
}

/** Sorts the keys of all results, and reads only the documents of the page. */
async function sorted<T>(
  documents: MlflowDocuments,
  search: DocumentSearch<T>,
): Promise<Found<T>> {
  const { order, limit, token, kind, parse, valueOf } = search;
  const place = placeOf(token);
  const found: { id: string; values: Value[] }[] = [];
  for await (const { item, place: { id } } of matches(documents, search, undefined, false)) {
    found.push({ id, values: order.map((key) => valueOf(item, key)) });
  }
  // Sorting is stable: what is equal stays in the order of time.
  found.sort((a, b) => {
    for (const [at, key] of order.entries()) {
      const sign = compareValues(a.values[at], b.values[at], key);
      if (sign !== 0) return sign;
    }
    return 0;
  });
  const page = found.slice(place.offset, place.offset + limit);
  const data = await Promise.all(page.map(({ id }) => documents.get(kind, id)));
  const items = data.filter((text) => text !== undefined).map(parse);
  const more = found.length > place.offset + page.length;
  return { items, next: nextPage(place, { items: page, more }) };
}

/** Yields the documents of some or all scopes, and reads one part after the other. */
export async function* eachDocument(
  documents: MlflowDocuments,
  kind: string,
  scopes: readonly string[] | undefined,
  from: Omit<DocumentPage, "limit"> = {},
): AsyncGenerator<DocumentPlace & { readonly data: string }> {
  for (let { after } = from;;) {
    const page = await documents.list(kind, scopes, { ...from, limit: AT_A_TIME, after });
    yield* page.items;
    if (!page.more) return;
    after = page.items.at(-1);
  }
}

/** Yields the documents that fit. */
async function* matches<T>(
  documents: MlflowDocuments,
  { kind, scopes, clauses, parse, isIn, valueOf, fitsClause }: DocumentSearch<T>,
  after: DocumentPlace | undefined,
  oldestFirst: boolean,
): AsyncGenerator<{ item: T; place: DocumentPlace }> {
  const from = { after, oldestFirst };
  for await (const { id, time, data } of eachDocument(documents, kind, scopes, from)) {
    const item = parse(data);
    if (isIn?.(item) === false) continue;
    const isFit = clauses.every((clause) =>
      fitsClause?.(item, clause) ?? fits(valueOf(item, clause), clause)
    );
    if (isFit) yield { item, place: { id, time } };
  }
}
