/** Stored traces and their form in the protocol. */
import { missing } from "./mlflow_error.ts";
import type { Service } from "./route.ts";

/** The kinds of documents. */
export const TRACE = "trace";
export const SPANS = "spans";

/** Metadata of a trace, with its tags and assessments. */
export interface TraceInfo {
  readonly trace_id: string;
  readonly trace_location: {
    readonly type?: string;
    readonly mlflow_experiment: { readonly experiment_id: string };
  };
  readonly request_time?: string;
  readonly state?: string;
  readonly execution_duration?: string;
  readonly trace_metadata?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly assessments?: readonly Assessment[];
}

/** A judgment of a trace. */
export interface Assessment {
  readonly assessment_id: string;
  readonly assessment_name?: string;
  readonly feedback?: { readonly value?: unknown };
  readonly expectation?: { readonly value?: unknown };
  /** Id of the assessment that this one replaces. */
  readonly overrides?: string;
  /** `false` for one that another replaces. */
  readonly valid?: boolean;
}

/** A stored trace, with the runs linked to it. */
export interface StoredTrace extends TraceInfo {
  readonly linked_runs?: readonly string[];
}

/** Parses the document of a trace. */
export function parseTrace(data: string): StoredTrace {
  return JSON.parse(data) as StoredTrace;
}

/** Returns a trace as the protocol writes it. */
export function shownTrace({ linked_runs: _, ...info }: StoredTrace): TraceInfo {
  return info;
}

/** An error for a trace that is not there. */
function noTrace(id: string): Error {
  return missing(`Trace with ID '${id}' not found.`);
}

/** Returns a trace by id. Throws if it does not exist. */
export async function requireTrace({ mlflow }: Service, id: string): Promise<StoredTrace> {
  const data = await mlflow.documents.get(TRACE, id);
  if (data === undefined) throw noTrace(id);
  return parseTrace(data);
}

/** Changes a trace in one transaction; an error if it is not there. */
export async function changeTrace(
  { mlflow }: Service,
  id: string,
  apply: (info: StoredTrace) => StoredTrace,
): Promise<StoredTrace> {
  let changed: StoredTrace | undefined;
  const isThere = await mlflow.documents.change(
    TRACE,
    id,
    (data) => JSON.stringify(changed = apply(parseTrace(data))),
  );
  if (!isThere) throw noTrace(id);
  return changed!;
}

/** Tag that names where a client puts the spans of a trace. */
export function locationTag(experiment: string, id: string): Readonly<Record<string, string>> {
  return {
    "mlflow.artifactLocation": `mlflow-artifacts:/${experiment}/traces/${id}/artifacts`,
  };
}
