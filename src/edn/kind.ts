/** Type of an {@linkcode EdnValue}. */
export type EdnKind =
  | "keyword"
  | "symbol"
  | "character"
  | "ratio"
  | "decimal"
  | "integer"
  | "list"
  | "tagged"
  | "unreadable";
