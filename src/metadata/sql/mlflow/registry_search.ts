/** Searches of the registry. */
import type { Clause, Search, SortKey } from "../../mlflow_query.ts";
import { compare } from "../compare.ts";
import type { SqlDialect } from "../dialect.ts";
import { type Fragment, fragment, joined, orderBy, sortKey, where } from "../fragment.ts";
import { MODELS, TAGS, VERSIONS } from "./registry_rows.ts";

/**
 * Tag of prompts. Every search of the client for models excludes this tag, and means models without
 * it.
 */
const PROMPT = "mlflow.prompt.is_prompt";

const COLUMNS: Readonly<Record<string, string>> = {
  creation_timestamp: "x.created_at",
  last_updated_timestamp: "x.updated_at",
  run_id: "x.run_id",
  source_path: "x.source",
  version_number: "x.version",
};

/** Returns the search for models; by name if no order is given. */
export function modelSearch(dialect: SqlDialect, search: Search): Fragment {
  return statement(dialect, MODELS, "0", search, [`${dialect.text("x.name")} ASC`]);
}

/** Returns the search for versions; last changed first if no order is given. */
export function versionSearch(dialect: SqlDialect, search: Search): Fragment {
  return statement(
    dialect,
    VERSIONS,
    "x.version",
    search,
    ["x.updated_at DESC", `${dialect.text("x.name")} ASC`, "x.version DESC"],
  );
}

function statement(
  dialect: SqlDialect,
  source: string,
  version: string,
  { clauses, order }: Search,
  rest: readonly string[],
): Fragment {
  const valueOf = ({ entity, key }: Pick<Clause | SortKey, "entity" | "key">): Fragment => {
    if (entity !== "tag") return fragment(COLUMNS[key] ?? dialect.text("x.name"));
    const tag = `(SELECT t.value FROM ${TAGS} t WHERE t.name = x.name AND t.version = ${version}
      AND t.key = ?)`;
    return fragment(dialect.text(tag), key);
  };
  const conditions = clauses.map((clause) => {
    const value = valueOf(clause);
    const condition = compare(dialect, value, clause);
    if (clause.key !== PROMPT || clause.comparison !== "!=") return condition;
    return joined([condition, { ...value, text: `${value.text} IS NULL` }], " OR ");
  });
  const keys = order.map((key) => sortKey(valueOf(key), key.descending));
  return joined([
    fragment(`SELECT x.* FROM (${source}) x`),
    where(conditions),
    orderBy([...keys, ...rest.map((text) => fragment(text))]),
  ], " ");
}
