/** Values of runs in the form of the protocol, as SQL over `runs r`. */
import { toEdn } from "../../../edn/mod.ts";
import type { Clause, SortKey } from "../../mlflow_query.ts";
import { COLUMN_TAGS, RENAMED_TAGS } from "../../rows/mlflow_row.ts";
import { compare } from "../compare.ts";
import type { SqlDialect } from "../dialect.ts";
import { type Fragment, fragment } from "../fragment.ts";

/** Status of a run in the protocol's terms. */
export const STATUS = `coalesce((SELECT s.status FROM mlflow_run_status s WHERE s.run_id = r.id),
  CASE r.status WHEN 'running' THEN 'RUNNING' WHEN 'completed' THEN 'FINISHED'
    WHEN 'failed' THEN 'FAILED' ELSE coalesce((SELECT CASE a.status WHEN 'running' THEN 'RUNNING'
      WHEN 'completed' THEN 'FINISHED' ELSE 'FAILED' END FROM chachaml_archived a
      WHERE a.run_id = r.id), 'FINISHED') END)`;

/** Returns EDN text for display: strings without quotes, anything else as is. */
const shown = (value: string) =>
  `CASE WHEN substr(${value}, 1, 1) = '"' THEN replace(replace(
    substr(${value}, 2, length(${value}) - 2), '\\"', '"'), '\\\\', '\\') ELSE ${value} END`;

/** Returns a tag. Tags set by the store at the start of a run are EDN in its row. */
function tag(dialect: SqlDialect, key: string): Fragment {
  const column = COLUMN_TAGS.get(key);
  if (column !== undefined) return fragment(dialect.text(`r.${column}`));
  const name = RENAMED_TAGS.get(key) ?? key;
  // `{:owner "ana", "other key" "x"}`: the text after the key, up to the next quote.
  const { text, values } = dialect.textAfter("r.tags", toEdn({ [name]: "" }).slice(1, -2));
  const value = `coalesce(
    (SELECT t.value FROM tags t WHERE t.run_id = r.id AND t.key = ?), ${text})`;
  return fragment(dialect.text(value), name, ...values);
}

const TEXTS: Readonly<Record<string, string>> = {
  run_id: "r.id",
  run_name: "r.name",
  user_id: "r.created_by",
};

const ATTRIBUTES: Readonly<Record<string, string>> = {
  status: STATUS,
  artifact_uri: "'mlflow-artifacts:/' || e.id || '/' || r.id || '/artifacts'",
  start_time: "r.start_time",
  end_time: "r.end_time",
};

/** Returns the text or number of a clause or order. Metrics have their own join. */
export function runValue(
  dialect: SqlDialect,
  { entity, key }: Pick<SortKey, "entity" | "key">,
): Fragment {
  if (entity === "tag") return tag(dialect, key);
  if (entity === "param") {
    const param = `(SELECT ${shown("p.value")} FROM params p WHERE p.run_id = r.id AND p.key = ?)`;
    return fragment(dialect.text(param), key);
  }
  return fragment(ATTRIBUTES[key] ?? dialect.text(TEXTS[key]!));
}

/** Returns the condition for a run, except for metrics. */
export function runCondition(dialect: SqlDialect, clause: Clause): Fragment {
  const { entity, key, comparison, value } = clause;
  if (entity === "dataset") return datasetCondition(dialect, clause);
  if (entity === "param" && comparison === "=") {
    // As text, and as the number or keyword that another program logged.
    return fragment(
      `r.id IN (SELECT p.run_id FROM params p WHERE p.key = ? AND p.value IN (?, ?))`,
      key,
      toEdn(String(value)),
      String(value),
    );
  }
  return compare(dialect, runValue(dialect, clause), clause);
}

function datasetCondition(dialect: SqlDialect, clause: Clause): Fragment {
  const { text, values } = compare(dialect, fragment(`d.${clause.key}`), clause);
  return fragment(
    `EXISTS (SELECT 1 FROM mlflow_dataset_inputs d WHERE d.run_id = r.id AND ${text})`,
    ...values,
  );
}

/** Joins the last value of a metric as `alias.last`. `summaries` is the table of summaries. */
export function metricJoin(alias: string, key: string, summaries: string): Fragment {
  return fragment(
    `LEFT JOIN ${summaries} ${alias} ON ${alias}.run_id = r.id AND ${alias}.key = ?`,
    key,
  );
}

/** Returns the condition for the last value of a metric. NaN matches only `!=`. */
export function metricCondition(dialect: SqlDialect, clause: Clause, summaries: string): Fragment {
  const { text, values } = compare(dialect, fragment("s.last"), clause);
  const isNan = dialect.isNan("s.last");
  const fits = clause.comparison === "!=" ? `(${isNan} OR ${text})` : `NOT (${isNan}) AND ${text}`;
  return fragment(
    `r.id IN (SELECT s.run_id FROM ${summaries} s WHERE s.key = ? AND ${fits})`,
    clause.key,
    ...values,
  );
}
