/** Searches of the registry. */
import type { Clause, Search, SortKey } from "../../mlflow_query.ts";
import { compare, type Fragment, fragment, joined, where } from "./conditions.ts";
import { MODELS, TAGS, VERSIONS } from "./registry_rows.ts";

/**
 * Tag of prompts. Every search of the client for models excludes this tag, and means models without
 * it.
 */
const PROMPT = "mlflow.prompt.is_prompt";

const MODEL_COLUMNS: Readonly<Record<string, string>> = {
  name: `x.name COLLATE "C"`,
  creation_timestamp: "x.created_at",
  last_updated_timestamp: "x.updated_at",
};

const VERSION_COLUMNS: Readonly<Record<string, string>> = {
  ...MODEL_COLUMNS,
  run_id: "x.run_id",
  source_path: "x.source",
  version_number: "x.version",
};

type Value = (of: Pick<Clause | SortKey, "entity" | "key">) => Fragment;

const modelValue: Value = ({ entity, key }) =>
  entity === "tag"
    ? fragment(
      `(SELECT t.value FROM ${TAGS} t WHERE t.name = x.name AND t.version = 0 AND t.key = ?)
        COLLATE "C"`,
      key,
    )
    : fragment(MODEL_COLUMNS[key]!);

const versionValue: Value = ({ entity, key }) =>
  entity === "tag"
    ? fragment(
      `(SELECT t.value FROM ${TAGS} t WHERE t.name = x.name AND t.version = x.version
        AND t.key = ?) COLLATE "C"`,
      key,
    )
    : fragment(VERSION_COLUMNS[key]!);

/** Returns the search for models; by name if no order is given. */
export function modelSearch({ clauses, order }: Search): Fragment {
  return statement(MODELS, modelValue, clauses, order, [`x.name COLLATE "C" ASC`]);
}

/** Returns the search for versions; last changed first if no order is given. */
export function versionSearch({ clauses, order }: Search): Fragment {
  return statement(
    VERSIONS,
    versionValue,
    clauses,
    order,
    ["x.updated_at DESC", `x.name COLLATE "C" ASC`, "x.version DESC"],
  );
}

function statement(
  source: string,
  value: Value,
  clauses: readonly Clause[],
  order: readonly SortKey[],
  rest: readonly string[],
): Fragment {
  const conditions = clauses.map((clause) => {
    const condition = compare(value(clause), clause);
    if (clause.key !== PROMPT || clause.comparison !== "!=") return condition;
    const absent = value(clause);
    return joined([condition, { ...absent, text: `${absent.text} IS NULL` }], " OR ");
  });
  const keys = order.map((key) => {
    const { text, values } = value(key);
    return fragment(`${text} ${key.descending ? "DESC" : "ASC"}`, ...values);
  });
  const by = joined([...keys, ...rest.map((text) => fragment(text))], ", ");
  return joined([
    fragment(`SELECT x.* FROM (${source}) x`),
    where(conditions),
    { ...by, text: `ORDER BY ${by.text}` },
  ], " ");
}
