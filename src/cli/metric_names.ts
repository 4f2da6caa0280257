/** Metrics of a run, by the names that people ask for. */
import type { MetricSummary } from "../metadata/metric.ts";
import { didYouMean } from "./arguments.ts";
import { UsageError } from "./command.ts";

/**
 * Throws if a run has no metric of a name.
 *
 * @throws {UsageError} With near names, and all if they are few.
 */
export function requireMetric(
  runId: string,
  key: string,
  metrics: readonly Pick<MetricSummary, "key">[],
): void {
  const keys = metrics.map((metric) => metric.key);
  if (keys.includes(key)) return;
  const known = keys.length === 0 ? "; it has no metrics" : didYouMean(key, keys) ||
    `; it has ${keys.slice(0, 8).join(", ")}${keys.length > 8 ? ", …" : ""}`;
  throw new UsageError(
    `the run ${JSON.stringify(runId)} has no metric ${JSON.stringify(key)}${known}`,
  );
}
