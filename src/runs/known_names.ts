/** Checks that a query names only existing metrics, params and experiments. */
import { UnknownNameError } from "../base/errors.ts";
import { nearNames } from "../base/near_names.ts";
import type { Run } from "../metadata/run.ts";
import type { RunQuery } from "../metadata/run_query.ts";
import type { RunStore } from "../metadata/run_store.ts";

/**
 * Checks the names in a query after it has run: only an empty or unsorted result can be due to an
 * unknown name.
 *
 * @throws {UnknownNameError} If no run has a given name. An empty store accepts any name.
 */
export async function assertKnownNames(
  runs: RunStore,
  query: RunQuery,
  found: readonly Run[],
): Promise<void> {
  const { experiment, params = {}, metrics = {}, sortBy } = query;
  if (found.length === 0) {
    if (experiment !== undefined) await require(runs, "experiment", experiment);
    for (const param of Object.keys(params)) await require(runs, "param", param);
    for (const metric of Object.keys(metrics)) await require(runs, "metric", metric);
  }
  if (sortBy && "metric" in sortBy && !await hasMetric(runs, found[0], sortBy.metric)) {
    await require(runs, "metric", sortBy.metric);
  }
  if (sortBy && "param" in sortBy && !await hasParam(runs, found[0], sortBy.param)) {
    await require(runs, "param", sortBy.param);
  }
}

/** Runs that have the metric come first, so only the first needs a check. */
async function hasMetric(runs: RunStore, run: Run | undefined, metric: string): Promise<boolean> {
  return run !== undefined && (await runs.summary(run.id)).some(({ key }) => key === metric);
}

async function hasParam(runs: RunStore, run: Run | undefined, param: string): Promise<boolean> {
  return run !== undefined && (await runs.paramTexts(run.id)).has(param);
}

async function require(
  runs: RunStore,
  kind: "metric" | "param" | "experiment",
  name: string,
): Promise<void> {
  const names = await runs.names(kind);
  if (names.includes(name)) return;
  const [any] = await runs.list({ archived: "include", limit: 1 });
  if (any) throw new UnknownNameError("list runs", kind, name, nearNames(name, names));
}
