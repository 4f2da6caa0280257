/** Parsed searches of the MLflow protocol. */

/** Type of the field that a condition tests. */
export type Entity =
  | "attribute"
  | "metric"
  | "param"
  | "tag"
  | "dataset"
  | "metadata"
  | "feedback"
  | "expectation";

/** Comparison operator. */
export type Comparison =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "LIKE"
  | "ILIKE"
  | "IN"
  | "NOT IN"
  | "IS NULL"
  | "IS NOT NULL";

/** One condition of a search. */
export interface Clause {
  /** Type of the field. */
  readonly entity: Entity;
  /** Name of the attribute, metric, param or tag. */
  readonly key: string;
  /** Comparison operator. */
  readonly comparison: Comparison;
  /** Value to compare with; `null` if the operator takes none. */
  readonly value: string | number | readonly string[] | null;
}

/** One key of an order. */
export interface SortKey {
  /** Type of the field. */
  readonly entity: Entity;
  /** Name of the attribute, metric, param or tag. */
  readonly key: string;
  /** Whether the largest value comes first. */
  readonly descending: boolean;
}

/** Lifecycle stages to search. */
export type ViewType = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

/** A search, and the position of a page in its results. */
export interface Search {
  /** Conditions, all of which must hold. */
  readonly clauses: readonly Clause[];
  /** Sort keys, most significant first. */
  readonly order: readonly SortKey[];
  /** Lifecycle stages to search. */
  readonly view: ViewType;
  /** Maximum number of results. */
  readonly limit: number;
  /** Number of results to skip. */
  readonly offset: number;
  /** Upper bound set by the first page, so that results added later do not shift further pages. */
  readonly bound?: number | undefined;
}

/** One page of results. */
export interface Page<T> {
  /** The results. */
  readonly items: readonly T[];
  /** Whether more results follow. */
  readonly more: boolean;
  /** Upper bound for the next page, if the search has one. */
  readonly bound?: number | undefined;
}
