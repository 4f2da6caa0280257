/** Parts of the protocol that this server leaves out, with the reason that clients are given. */
import { MlflowError } from "./mlflow_error.ts";

/** A part of the protocol: its paths, and why it is left out. */
interface UnsupportedPart {
  /** Paths below `/api/<version>/mlflow/`. */
  readonly paths: readonly string[];
  /** Description, and reason for its absence. */
  readonly reason: string;
}

/** The parts. Any other unknown path is answered as not found, too. */
export const UNSUPPORTED: readonly UnsupportedPart[] = [
  {
    paths: ["gateway/*"],
    reason: "The AI gateway is not supported: this server keeps no keys of other services and " +
      "makes no outgoing requests",
  },
  {
    paths: ["webhooks", "webhooks/*"],
    reason: "Webhooks are not supported: this server makes no outgoing requests. " +
      "Follow GET /api/events instead",
  },
  {
    paths: ["prompt-optimization/*", "scorers/online-config", "scorers/online-configs"],
    reason: "Jobs on the server are not supported: optimize prompts and run scorers in the client",
  },
  {
    paths: ["issues", "issues/*", "label-schemas/*", "review-queues/*"],
    reason: "Reviewing is not supported: there are no issues, label schemas or review queues. " +
      "Log assessments of traces instead",
  },
  {
    paths: ["workspaces", "workspaces/*"],
    reason: "Workspaces are not supported: serve one store for each team",
  },
  {
    paths: ["traces/metrics", "traces/calculate-filter-correlation", "get-online-trace-details"],
    reason: "Statistics of traces are not supported: search the traces and compute them",
  },
  {
    paths: ["artifacts/presigned-download-url", "artifacts/presigned-upload-url"],
    reason: "Presigned transfers are not supported: use plain PUT and GET",
  },
];

/** An error for a part that is left out. Its code makes clients fall back where they can. */
export function unsupported(reason: string): MlflowError {
  return new MlflowError("ENDPOINT_NOT_FOUND", reason);
}
