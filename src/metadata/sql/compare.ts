/** Conversion of search conditions to SQL. */
import type { Clause } from "../mlflow_query.ts";
import type { SqlDialect } from "./dialect.ts";
import type { Fragment } from "./fragment.ts";

/** Compares an expression with the value of a clause. NULL matches only IS NULL. */
export function compare(
  dialect: SqlDialect,
  { text, values }: Fragment,
  clause: Pick<Clause, "comparison" | "value">,
): Fragment {
  const { comparison, value } = clause;
  switch (comparison) {
    case "IS NULL":
    case "IS NOT NULL":
      return { text: `${text} ${comparison}`, values };
    case "IN":
    case "NOT IN": {
      const isOne = dialect.oneOf(text, "text");
      return {
        text: comparison === "IN" ? isOne : `NOT (${isOne})`,
        values: [...values, dialect.list(value as readonly string[])],
      };
    }
    case "LIKE":
    case "ILIKE": {
      const like = dialect.like(text, String(value), comparison === "ILIKE");
      return { text: like.text, values: [...values, like.value] };
    }
    case "=":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return {
        text: `${text} ${comparison} ${typeof value === "number" ? dialect.number : "?"}`,
        values: [...values, value as string | number],
      };
  }
}
