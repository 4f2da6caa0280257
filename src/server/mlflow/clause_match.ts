/** Comparison of values with the conditions of a filter, where no database does it. */
import type { Clause, SortKey } from "../../metadata/mlflow_query.ts";

/** A value that a condition or an order refers to. */
export type Value = string | number | undefined;

/** Whether a value fits a condition. Only IS NULL fits a missing value. */
export function fits(value: Value, { comparison, value: wanted }: Clause): boolean {
  if (comparison === "IS NULL") return value === undefined;
  if (value === undefined) return false;
  switch (comparison) {
    case "IS NOT NULL":
      return true;
    case "=":
      return value === wanted;
    case "!=":
      return value !== wanted;
    case "<":
      return value < wanted!;
    case "<=":
      return value <= wanted!;
    case ">":
      return value > wanted!;
    case ">=":
      return value >= wanted!;
    case "IN":
      return (wanted as readonly string[]).includes(String(value));
    case "NOT IN":
      return !(wanted as readonly string[]).includes(String(value));
    case "LIKE":
      return like(String(value), String(wanted));
    case "ILIKE":
      return like(String(value).toLowerCase(), String(wanted).toLowerCase());
  }
}

/** Compares values for an order. Missing values come last in both directions. */
export function compareValues(a: Value, b: Value, { descending }: SortKey): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const sign = a < b ? -1 : a > b ? 1 : 0;
  return descending ? -sign : sign;
}

/** Whether a text fits a LIKE pattern; takes time in proportion to both. */
function like(text: string, pattern: string): boolean {
  let [at, of, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[of] === "%") [star, mark] = [of++, at];
    else if (of < pattern.length && (pattern[of] === "_" || pattern[of] === text[at])) at++, of++;
    else if (star >= 0) [of, at] = [star + 1, ++mark];
    else return false;
  }
  while (pattern[of] === "%") of++;
  return of === pattern.length;
}
