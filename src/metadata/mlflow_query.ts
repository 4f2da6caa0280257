/** Searches as the MLflow protocol has them, parsed. */

/** What a condition is about. */
export type Entity = "attribute" | "metric" | "param" | "tag" | "dataset";

/** How a value is compared. */
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

/** One condition; all conditions of a search must hold. */
export interface Clause {
  /** Its purpose. */
  readonly entity: Entity;
  /** Which attribute, metric, param or tag. */
  readonly key: string;
  /** The comparison. */
  readonly comparison: Comparison;
  /** What it is compared with; `null` where the comparison takes nothing. */
  readonly value: string | number | readonly string[] | null;
}

/** One key of an order. */
export interface SortKey {
  /** Its purpose. */
  readonly entity: Entity;
  /** Which attribute, metric, param or tag. */
  readonly key: string;
  /** Whether the largest comes first. */
  readonly descending: boolean;
}

/** Which lifecycle stages are searched. */
export type ViewType = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

/** A search, with a place in its results. */
export interface Search {
  /** Conditions, all of which must hold. */
  readonly clauses: readonly Clause[];
  /** The order; more keys break ties. */
  readonly order: readonly SortKey[];
  /** Which lifecycle stages. */
  readonly view: ViewType;
  /** The largest number of results. */
  readonly limit: number;
  /** How many results to skip. */
  readonly offset: number;
  /** Where the first page ended to look: what was added since does not shift the later pages. */
  readonly bound?: number | undefined;
}

/** One page of results. */
export interface Page<T> {
  /** The results. */
  readonly items: readonly T[];
  /** Whether there are more. */
  readonly more: boolean;
  /** The `bound` for the next page, where the search has one. */
  readonly bound?: number | undefined;
}
