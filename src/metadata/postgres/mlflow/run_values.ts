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

/** Returns EDN text for display: strings without quotes, anything else as is. */
const shown = (value: string) =>
  `CASE WHEN substr(${value}, 1, 1) = '"' THEN replace(replace(
    substr(${value}, 2, length(${value}) - 2), '\\"', '"'), '\\\\', '\\') ELSE ${value} END`;

/** Returns a tag. Tags set by the store at the start of a run are EDN in its row. */
function tag(key: string): Fragment {
  const column = COLUMN_TAGS.get(key);
  if (column !== undefined) return fragment(`r.${column} COLLATE "C"`);
  const name = RENAMED_TAGS.get(key) ?? key;
  // `{:owner "ana", "other key" "x"}`: the text after the key, up to the next quote.
  const start = `${toEdn({ [name]: "" }).slice(1, -2)}`;
  return fragment(
    `coalesce((SELECT t.value FROM tags t WHERE t.run_id = r.id AND t.key = ?),
      CASE WHEN strpos(r.tags, ?) > 0 THEN split_part(
        substr(r.tags, strpos(r.tags, ?) + length(?::text)), '"', 1) END) COLLATE "C"`,
    name,
    start,
    start,
    start,
  );
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  run_id: `r.id COLLATE "C"`,
  run_name: `r.name COLLATE "C"`,
  user_id: `r.created_by COLLATE "C"`,
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
      `(SELECT ${shown("p.value")} FROM params p WHERE p.run_id = r.id AND p.key = ?)
        COLLATE "C"`,
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

/** Joins the last value of a metric as `alias.last`. */
export function metricJoin(alias: string, key: string): Fragment {
  return fragment(
    `LEFT JOIN chachaml_metric_summaries ${alias} ON ${alias}.run_id = r.id AND ${alias}.key = ?`,
    key,
  );
}

/** Returns the condition for the last value of a metric. NaN matches only `!=`. */
export function metricCondition(clause: Clause): Fragment {
  const { text, values } = compare(fragment("s.last"), clause);
  const fits = clause.comparison === ("!=" satisfies Comparison)
    ? `(s.last = 'NaN' OR ${text})`
    : `s.last <> 'NaN' AND ${text}`;
  return fragment(
    `r.id IN (SELECT s.run_id FROM chachaml_metric_summaries s WHERE s.key = ? AND ${fits})`,
    clause.key,
    ...values,
  );
}
