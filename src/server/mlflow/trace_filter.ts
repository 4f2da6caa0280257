/** Searches of traces. */
import type { Clause, Entity } from "../../metadata/mlflow_query.ts";
import { type Grammar, parseFilter, parseOrder } from "../../metadata/filter.ts";
import type { Fields } from "./fields.ts";
import { fits, type Value } from "./clause_match.ts";
import { type Found, searchDocuments } from "./document_search.ts";
import type { Call } from "./route.ts";
import { type Assessment, parseTrace, type StoredTrace, TRACE } from "./trace_info.ts";

/** Attribute that is the time of a trace. */
const TIME = "timestamp_ms";

/** Grammar for traces. */
const TRACES: Grammar = {
  noun: "traces",
  texts: {
    status: ["state"],
    name: [],
    trace_id: ["request_id"],
    run_id: [],
    user: [],
    client_request_id: [],
    experiment_id: [],
  },
  numbers: {
    [TIME]: ["timestamp", "request_time"],
    execution_time_ms: ["execution_time"],
    end_time_ms: ["end_time"],
  },
  lists: ["status", "name", "trace_id", "run_id"],
  entities: ["tag", "metadata", "feedback", "expectation"],
  words: {
    trace: "attribute",
    metadata: "metadata",
    request_metadata: "metadata",
    feedback: "feedback",
    expectation: "expectation",
  },
};

/** Searches the traces of some experiments with the filter, order and page of a request. */
export function searchTraces(
  { fields, mlflow }: Pick<Call, "mlflow"> & { readonly fields: Fields },
  experiments: readonly string[],
): Promise<Found<StoredTrace>> {
  return searchDocuments(mlflow.documents, {
    kind: TRACE,
    scopes: experiments,
    clauses: parseFilter(fields.optionalText("filter"), TRACES),
    order: parseOrder(fields.texts("order_by"), TRACES),
    timeKey: TIME,
    limit: fields.limit("max_results", 100, 500),
    token: fields.optionalText("page_token"),
    parse: parseTrace,
    valueOf,
    fitsClause,
  });
}

/** A trace can belong to several runs, and have several assessments of a name. */
function fitsClause(trace: StoredTrace, clause: Clause): boolean | undefined {
  const { entity, key, comparison } = clause;
  const linked = trace.linked_runs ?? [];
  const values = entity === "attribute" && key === "run_id" && linked.length > 0
    ? [valueOf(trace, clause), ...linked]
    : entity === "feedback" || entity === "expectation"
    ? assessed(trace, entity, key)
    : undefined;
  if (values === undefined || values.length === 0) return undefined;
  return comparison === "IS NULL" ? false : values.some((value) => fits(value, clause));
}

function assessed(
  { assessments = [] }: StoredTrace,
  entity: Entity & keyof Assessment,
  name: string,
): Value[] {
  return assessments
    .filter((item) => item.assessment_name === name && item[entity] && item.valid !== false)
    .map((item) => {
      const value = item[entity]!.value;
      return typeof value === "string" ? value : JSON.stringify(value);
    });
}

function valueOf(trace: StoredTrace, { entity, key }: Pick<Clause, "entity" | "key">): Value {
  const { tags = {}, trace_metadata: metadata = {} } = trace;
  const member = (of: Readonly<Record<string, string>>) =>
    Object.hasOwn(of, key) ? of[key] : undefined;
  if (entity === "tag") return member(tags);
  if (entity === "metadata") return member(metadata);
  if (entity !== "attribute") return undefined;
  switch (key) {
    case "status":
      return trace.state;
    case "name":
      return tags["mlflow.traceName"];
    case "run_id":
      return metadata["mlflow.sourceRun"];
    case "user":
      return metadata["mlflow.user"];
    case "client_request_id":
      return (trace as { client_request_id?: string }).client_request_id;
    case "experiment_id":
      return trace.trace_location.mlflow_experiment.experiment_id;
    case TIME:
      return startOf(trace);
    case "execution_time_ms":
      return durationOf(trace);
    case "end_time_ms": {
      const duration = durationOf(trace);
      return duration === undefined ? undefined : startOf(trace) + duration;
    }
    default:
      return trace.trace_id;
  }
}

/** Start of a trace, in epoch milliseconds. */
export function startOf({ request_time }: StoredTrace): number {
  return Date.parse(request_time ?? "");
}

/** Duration of a trace, in milliseconds. */
export function durationOf({ execution_duration }: StoredTrace): number | undefined {
  return execution_duration === undefined ? undefined : parseFloat(execution_duration) * 1000;
}
