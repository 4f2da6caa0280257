/** Metrics of a run by user-supplied names. */
import type { MetricSummary } from "../metadata/metric.ts";
import { didYouMean } from "./arguments.ts";
import { UsageError } from "./command.ts";

/**
 * Checks that a run has a metric.
 *
 * @throws {UsageError} If it does not; the message suggests existing names.
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
