/** Grammars of searches. */
import type { Grammar } from "../../metadata/filter.ts";

/** Grammar for runs. */
export const RUNS: Grammar = {
  noun: "runs",
  texts: {
    run_id: [],
    run_name: ["run name", "Run name", "Run Name"],
    user_id: ["User"],
    status: [],
    artifact_uri: [],
  },
  numbers: { start_time: ["created", "Created"], end_time: [] },
  lists: ["run_id", "status"],
  entities: ["metric", "param", "tag", "dataset"],
};

/** Grammar for experiments. */
export const EXPERIMENTS: Grammar = {
  noun: "experiments",
  texts: { name: [], experiment_id: [] },
  numbers: { creation_time: [], last_update_time: [] },
  lists: ["experiment_id"],
  entities: ["tag"],
};

/** Grammar for registered models. */
export const REGISTERED_MODELS: Grammar = {
  noun: "registered models",
  texts: { name: [] },
  numbers: { creation_timestamp: ["timestamp"], last_updated_timestamp: [] },
  lists: ["name"],
  entities: ["tag"],
};

/** Grammar for model versions. */
export const MODEL_VERSIONS: Grammar = {
  noun: "model versions",
  texts: { name: [], run_id: [], source_path: ["source"] },
  numbers: { version_number: ["version"], creation_timestamp: [], last_updated_timestamp: [] },
  lists: ["name", "run_id"],
  entities: ["tag"],
};

/** Grammar for logged models. */
export const LOGGED_MODELS: Grammar = {
  noun: "logged models",
  texts: { name: [], model_id: [], model_type: [], status: [], source_run_id: [] },
  numbers: {
    creation_timestamp: ["creation_timestamp_ms", "creation_time"],
    last_updated_timestamp: ["last_updated_timestamp_ms"],
  },
  lists: ["name", "model_id", "model_type", "status", "source_run_id"],
  entities: ["metric", "param", "tag"],
};
