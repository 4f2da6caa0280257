import type { Artifacts } from "../artifacts/artifacts.ts";
import type { MetricOptions } from "../metadata/metric.ts";
import type { MetricRecord } from "../metadata/accepted.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Models } from "../models/models.ts";
import type { Runs } from "./runs.ts";

/** Parts of a store that a run handle delegates to. */
export interface RunRooms {
  /** Runs. */
  readonly runs: Runs;
  /** Metrics. */
  readonly metrics: Metrics;
  /** Artifacts. */
  readonly artifacts: Artifacts;
  /** Models. */
  readonly models: Models;
}

/** Access of a run handle to its store. */
export interface RunAccess {
  /** Parts of the store. */
  readonly rooms: RunRooms;
  /** Buffers metric values that are written soon after. */
  readonly buffer: (
    runId: string,
    values: MetricRecord,
    options: MetricOptions,
  ) => void;
}
