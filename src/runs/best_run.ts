import type { Access } from "../base/access.ts";
import type { StoreContext } from "../context/compose.ts";
import type { Run } from "../metadata/run.ts";
import type { MetricOrder, RunQuery } from "../metadata/run_query.ts";

/** Finds the run that comes first by a metric, if it has a number for it. */
export async function bestRun(
  access: Access<StoreContext>,
  list: (query: RunQuery) => Promise<Run[]>,
  by: MetricOrder,
  query: Omit<RunQuery, "sortBy" | "limit">,
): Promise<Run | undefined> {
  // If `metric` is missing, validation must fail instead of returning the newest run.
  const sortBy = { ...by, metric: by?.metric };
  const [best] = await list({ ...query, sortBy, limit: 1 });
  if (!best) return undefined;
  const summaries = await access.read(({ metadata }) => metadata.runs.summary(best.id));
  // Runs whose value is missing or NaN sort last and are never the best.
  const summary = summaries.find(({ key }) => key === by.metric);
  return summary && !Number.isNaN(summary[by.of ?? "last"]) ? best : undefined;
}
