/** Filters of traces: few are searched at a time, so that they are compared here. */
import type { Clause } from "../../metadata/mlflow_query.ts";
import { type Grammar, parseFilter } from "../../metadata/filter.ts";
import type { TraceInfo } from "./trace_info.ts";

/** A search of traces. */
const TRACES: Grammar = {
  noun: "traces",
  texts: { status: ["state"], name: [], trace_id: ["request_id"], run_id: [], user: [] },
  numbers: {
    timestamp_ms: ["timestamp", "request_time"],
    execution_time_ms: ["execution_time"],
  },
  lists: ["status", "name", "trace_id", "run_id"],
  entities: ["tag"],
};

/** Whether a trace fits a filter. */
export function traceFits(filter: string | undefined): (trace: TraceInfo) => boolean {
  const clauses = parseFilter(filter?.replaceAll(/\btrace\./g, "attributes."), TRACES);
  return (trace) => clauses.every((clause) => fits(valueOf(trace, clause), clause));
}

function valueOf(trace: TraceInfo, { entity, key }: Clause): string | number | undefined {
  const { tags = {}, trace_metadata: metadata = {} } = trace;
  if (entity === "tag") return Object.hasOwn(tags, key) ? tags[key] : undefined;
  switch (key) {
    case "status":
      return trace.state;
    case "name":
      return tags["mlflow.traceName"];
    case "run_id":
      return metadata["mlflow.sourceRun"];
    case "user":
      return metadata["mlflow.user"];
    case "timestamp_ms":
      return Date.parse(trace.request_time ?? "");
    case "execution_time_ms":
      return parseFloat(trace.execution_duration ?? "") * 1000;
    default:
      return trace.trace_id;
  }
}

function fits(value: string | number | undefined, { comparison, value: wanted }: Clause): boolean {
  if (comparison === "IS NULL") return value === undefined;
  if (value === undefined) return false;
  switch (comparison) {
    case "IS NOT NULL":
      return true;
    case "=":
      return value === wanted;
    case "!=":
      return value !== wanted;
    case "<":
      return value < wanted!;
    case "<=":
      return value <= wanted!;
    case ">":
      return value > wanted!;
    case ">=":
      return value >= wanted!;
    case "IN":
      return (wanted as readonly string[]).includes(String(value));
    case "NOT IN":
      return !(wanted as readonly string[]).includes(String(value));
    case "LIKE":
      return like(String(value), String(wanted));
    case "ILIKE":
      return like(String(value).toLowerCase(), String(wanted).toLowerCase());
  }
}

/** Whether a text fits a LIKE pattern; takes time in proportion to both. */
function like(text: string, pattern: string): boolean {
  let [at, of, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[of] === "%") [star, mark] = [of++, at];
    else if (of < pattern.length && (pattern[of] === "_" || pattern[of] === text[at])) at++, of++;
    else if (star >= 0) [of, at] = [star + 1, ++mark];
    else return false;
  }
  while (pattern[of] === "%") of++;
  return of === pattern.length;
}
