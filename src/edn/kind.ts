/** What sort of value an {@linkcode EdnValue} is. */
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
