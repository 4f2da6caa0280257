/** Traces as the protocol writes them. */

/** Metadata of a trace, with its tags and assessments. */
export interface TraceInfo {
  readonly trace_id: string;
  readonly trace_location: { readonly mlflow_experiment: { readonly experiment_id: string } };
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
}
