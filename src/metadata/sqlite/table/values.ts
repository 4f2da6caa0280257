/** Values of runs for displaying, filtering and sorting, as SQL over `runs r`. */
import type { Clause } from "../../mlflow_query.ts";
import { compare } from "../../sql/compare.ts";
import { type Fragment, fragment } from "../../sql/fragment.ts";
import { runCondition, runValue } from "../../sql/mlflow/run_values.ts";
import { SQLITE } from "../script.ts";

/** Columns of attributes. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  id: "r.id",
  experiment: "r.experiment",
  name: "r.name",
  status: "r.status",
  user: "r.created_by",
  error: "r.error",
  parent: "r.parent_run_id",
  start_time: "r.start_time",
  end_time: "r.end_time",
  duration: "(r.end_time - r.start_time)",
};

/** Returns the column of an attribute. */
export function attribute(name: string): string {
  return ATTRIBUTES[name]!;
}

/** Whether EDN text is a number. */
export const IS_NUMBER = "(p.value GLOB '[0-9]*' OR p.value GLOB '[-+][0-9]*')";

/** Number of numeric EDN text: ratios are divided, suffixes ignored. */
export const AS_NUMBER = `CASE WHEN instr(p.value, '/') > 0
  THEN CAST(p.value AS REAL) / CAST(substr(p.value, instr(p.value, '/') + 1) AS REAL)
  ELSE CAST(p.value AS REAL) END`;

/** Returns the condition for a run. `summaries` is the table of summaries. */
export function condition(clause: Clause, summaries: string): Fragment {
  const { entity, key, comparison, value } = clause;
  if (entity === "metric") {
    // The sign keeps SQLite from walking all values of the metric for each run, by their index.
    const { text, values } = compare(SQLITE, fragment("+s.last"), clause);
    const fits = comparison === "!=" ? `(s.last IS NULL OR ${text})` : text;
    return fragment(
      `EXISTS (SELECT 1 FROM ${summaries} s WHERE s.run_id = r.id AND s.key = ? AND ${fits})`,
      key,
      ...values,
    );
  }
  if (entity === "param" && typeof value === "number") {
    const { text, values } = compare(SQLITE, fragment(AS_NUMBER), clause);
    return fragment(
      `EXISTS (SELECT 1 FROM params p WHERE p.run_id = r.id AND p.key = ? AND ${IS_NUMBER}
        AND ${text})`,
      key,
      ...values,
    );
  }
  if (entity === "attribute") return compare(SQLITE, fragment(attribute(key)), clause);
  return runCondition(SQLITE, clause);
}

/** Returns the text of a tag. */
export function tagValue(key: string): Fragment {
  return runValue(SQLITE, { entity: "tag", key });
}
