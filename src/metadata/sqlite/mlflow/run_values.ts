/** Values of runs in the form of the protocol, as SQL over `runs r`. */
import { toEdn } from "../../../edn/mod.ts";
import type { Clause, Comparison, SortKey } from "../../mlflow_query.ts";
import { COLUMN_TAGS, RENAMED_TAGS } from "../../rows/mlflow_row.ts";
import { compare, type Fragment, fragment } from "./conditions.ts";

/** Status of a run in the protocol's terms. */
export const STATUS = `coalesce((SELECT s.status FROM mlflow_run_status s WHERE s.run_id = r.id),
  CASE r.status WHEN 'running' THEN 'RUNNING' WHEN 'completed' THEN 'FINISHED'
    WHEN 'failed' THEN 'FAILED' ELSE coalesce((SELECT CASE a.status WHEN 'running' THEN 'RUNNING'
      WHEN 'completed' THEN 'FINISHED' ELSE 'FAILED' END FROM chachaml_archived a
      WHERE a.run_id = r.id), 'FINISHED') END)`;

/** Displays EDN text: strings without quotes, anything else as is. */
const shown = (value: string) =>
  `CASE WHEN substr(${value}, 1, 1) = '"' THEN replace(replace(
    substr(${value}, 2, length(${value}) - 2), '\\"', '"'), '\\\\', '\\') ELSE ${value} END`;

/** Returns a tag. Tags set by the store at the start of a run are EDN in its row. */
function tag(key: string): Fragment {
  const column = COLUMN_TAGS.get(key);
  if (column !== undefined) return fragment(`r.${column}`);
  const name = RENAMED_TAGS.get(key) ?? key;
  // `{:owner "ana", "other key" "x"}`: the text after the key, up to the next quote.
  const start = `${toEdn({ [name]: "" }).slice(1, -2)}`;
  return fragment(
    `coalesce((SELECT t.value FROM tags t WHERE t.run_id = r.id AND t.key = ?),
      CASE WHEN instr(r.tags, ?) > 0 THEN substr(
        substr(r.tags, instr(r.tags, ?) + length(?)), 1,
        instr(substr(r.tags, instr(r.tags, ?) + length(?)), '"') - 1) END)`,
    name,
    start,
    start,
    start,
    start,
    start,
  );
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  run_id: "r.id",
  run_name: "r.name",
  user_id: "r.created_by",
  status: STATUS,
  artifact_uri: "'mlflow-artifacts:/' || e.id || '/' || r.id || '/artifacts'",
  start_time: "r.start_time",
  end_time: "r.end_time",
};

/** Returns the text or number of a clause or order. Metrics have their own join. */
export function runValue({ entity, key }: Pick<SortKey, "entity" | "key">): Fragment {
  if (entity === "tag") return tag(key);
  if (entity === "param") {
    return fragment(
      `(SELECT ${shown("p.value")} FROM params p WHERE p.run_id = r.id AND p.key = ?)`,
      key,
    );
  }
  return fragment(ATTRIBUTES[key]!);
}

/** Returns the condition for a run, except for metrics. */
export function runCondition(clause: Clause): Fragment {
  const { entity, key, comparison, value } = clause;
  if (entity === "dataset") return datasetCondition(clause);
  if (entity === "param" && comparison === "=") {
    // As text, and as the number or keyword that another program logged.
    return fragment(
      `r.id IN (SELECT p.run_id FROM params p WHERE p.key = ? AND p.value IN (?, ?))`,
      key,
      toEdn(String(value)),
      String(value),
    );
  }
  return compare(runValue(clause), clause);
}

function datasetCondition(clause: Clause): Fragment {
  const { text, values } = compare(fragment(`d.${clause.key}`), clause);
  return fragment(
    `EXISTS (SELECT 1 FROM mlflow_dataset_inputs d WHERE d.run_id = r.id AND ${text})`,
    ...values,
  );
}

/**
 * Joins the last value of a metric as `alias.last`; NaN is `NULL` there, with `alias.run_id` set.
 * `summaries` is the table of summaries.
 */
export function metricJoin(alias: string, key: string, summaries: string): Fragment {
  return fragment(
    `LEFT JOIN ${summaries} ${alias} ON ${alias}.run_id = r.id AND ${alias}.key = ?`,
    key,
  );
}

/** Returns the condition for the last value of a metric. NaN matches only `!=`. */
export function metricCondition(clause: Clause, summaries: string): Fragment {
  const { text, values } = compare(fragment("s.last"), clause);
  const fits = clause.comparison === ("!=" satisfies Comparison)
    ? `(s.last IS NULL OR ${text})`
    : text;
  return fragment(
    `r.id IN (SELECT s.run_id FROM ${summaries} s WHERE s.key = ? AND ${fits})`,
    clause.key,
    ...values,
  );
}
