/** Conversion of search conditions to SQL. */
import type { Clause } from "../../mlflow_query.ts";
import type { SqlValue } from "../sql_driver.ts";

/** A part of a statement, with the values of its placeholders in order. */
export interface Fragment {
  /** SQL text. */
  readonly text: string;
  /** Values of the placeholders. */
  readonly values: readonly SqlValue[];
}

/** Creates a fragment. */
export function fragment(text: string, ...values: readonly SqlValue[]): Fragment {
  return { text, values };
}

/** Joins fragments. */
export function joined(fragments: readonly Fragment[], separator: string): Fragment {
  return {
    text: fragments.map(({ text }) => text).join(separator),
    values: fragments.flatMap(({ values }) => values),
  };
}

/** Returns a `WHERE` clause for all conditions; empty without conditions. */
export function where(conditions: readonly Fragment[]): Fragment {
  if (conditions.length === 0) return fragment("");
  const all = joined(
    conditions.map(({ text, values }) => ({ text: `(${text})`, values })),
    " AND ",
  );
  return { ...all, text: `WHERE ${all.text}` };
}

/** Compares an expression with the value of a clause. NULL matches only IS NULL. */
export function compare({ text, values }: Fragment, clause: Clause): Fragment {
  const { comparison, value } = clause;
  switch (comparison) {
    case "IS NULL":
    case "IS NOT NULL":
      return { text: `${text} ${comparison}`, values };
    case "IN":
    case "NOT IN": {
      return {
        text: `${text} ${comparison} (SELECT value FROM json_each(?))`,
        values: [...values, JSON.stringify(value)],
      };
    }
    case "LIKE":
      // SQLite's LIKE ignores case; GLOB does not.
      return { text: `${text} GLOB ?`, values: [...values, globOf(String(value))] };
    case "ILIKE":
      return { text: `${text} LIKE ?`, values: [...values, String(value)] };
    case "=":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return {
        text: `${text} ${comparison} ?`,
        values: [...values, value as string | number],
      };
  }
}

/** Converts a LIKE pattern to a GLOB pattern. */
function globOf(pattern: string): string {
  return pattern.replace(/[*?[]/g, "[$&]").replaceAll("%", "*").replaceAll("_", "?");
}
