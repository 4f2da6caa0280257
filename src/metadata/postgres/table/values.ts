/** Values of runs that a table shows, filters and sorts by, as SQL over `runs r`. */
import type { Clause } from "../../mlflow_query.ts";
import { compare } from "../../sql/compare.ts";
import { type Fragment, fragment } from "../../sql/fragment.ts";
import { metricCondition, runCondition, runValue } from "../../sql/mlflow/run_values.ts";
import { POSTGRES } from "../script.ts";

/** Columns of attributes. Text is in the order of its bytes, whatever language the database sorts in. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  id: `r.id COLLATE "C"`,
  experiment: `r.experiment COLLATE "C"`,
  name: `r.name COLLATE "C"`,
  status: `r.status COLLATE "C"`,
  user: `r.created_by COLLATE "C"`,
  error: `r.error COLLATE "C"`,
  parent: `r.parent_run_id COLLATE "C"`,
  start_time: "r.start_time::double precision",
  end_time: "r.end_time::double precision",
  duration: "(r.end_time - r.start_time)::double precision",
};

/** The column of an attribute. */
export function attribute(name: string): string {
  return ATTRIBUTES[name]!;
}

const RATIO = `p.value ~ '^[-+]{0,1}[0-9]+/[0-9]+$'`;
const DECIMAL = `p.value ~ '^[-+]{0,1}[0-9]+([.][0-9]*){0,1}([eE][-+]{0,1}[0-9]+){0,1}[NM]{0,1}$'`;

/** Whether EDN text is that of a number. */
export const IS_NUMBER = `(${RATIO} OR ${DECIMAL})`;

/** The number of EDN text that is one; `NULL` of any other. */
export const AS_NUMBER = `CASE WHEN ${RATIO} THEN split_part(p.value, '/', 1)::double precision /
  nullif(split_part(p.value, '/', 2)::double precision, 0)
  WHEN ${DECIMAL} THEN rtrim(p.value, 'NM')::double precision END`;

/** A condition on a run. */
export function condition(clause: Clause): Fragment {
  const { entity, key, value } = clause;
  if (entity === "metric") return metricCondition(POSTGRES, clause, "chachaml_metric_summaries");
  if (entity === "attribute") return compare(POSTGRES, fragment(attribute(key)), clause);
  if (entity !== "param" || typeof value !== "number") return runCondition(POSTGRES, clause);
  const { text, values } = compare(POSTGRES, fragment(`(${AS_NUMBER})`), clause);
  return fragment(
    `EXISTS (SELECT 1 FROM params p WHERE p.run_id = r.id AND p.key = ? AND ${text})`,
    key,
    ...values,
  );
}

/** The text of a tag. */
export function tagValue(key: string): Fragment {
  return runValue(POSTGRES, { entity: "tag", key });
}
