/** Conversion of search conditions to SQL. */
import type { Clause } from "../../mlflow_query.ts";
import type { PgValue } from "../client.ts";

/** A part of a statement, with the values of its placeholders in order. */
export interface Fragment {
  /** SQL text. */
  readonly text: string;
  /** Values of the placeholders. */
  readonly values: readonly PgValue[];
}

/** Creates a fragment. */
export function fragment(text: string, ...values: readonly PgValue[]): Fragment {
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
      const some = comparison === "IN" ? "= ANY" : "<> ALL";
      return {
        text: `${text} ${some}(?::text[])`,
        values: [...values, value as readonly string[]],
      };
    }
    case "LIKE":
    case "ILIKE":
      // Disables the escape character.
      return { text: `${text} ${comparison} ? ESCAPE ''`, values: [...values, String(value)] };
    case "=":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return {
        // A number may have a fraction where the column has none.
        text: `${text} ${comparison} ?${typeof value === "number" ? "::double precision" : ""}`,
        values: [...values, value as string | number],
      };
  }
}
