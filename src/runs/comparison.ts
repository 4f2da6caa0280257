/** Comparison of runs. */
import { type ParamValue, sameEdn, toEdn } from "../edn/mod.ts";
import type { MetricSummary } from "../metadata/metric.ts";
import type { Run } from "../metadata/run.ts";
import type { RunStore } from "../metadata/run_store.ts";
import { assertIds } from "../base/assert.ts";

/** Differences and common values of some runs. */
export interface Comparison {
  /** Compared runs, in the requested order. */
  readonly runs: readonly Run[];
  /** Params, sorted by name. */
  readonly params: readonly ComparedParam[];
  /** Metrics, sorted by name. */
  readonly metrics: readonly ComparedMetric[];
}

/** One param of the compared runs. */
export interface ComparedParam {
  /** Name of the param. */
  readonly key: string;
  /** Values in the order of the runs; `undefined` for a run without the param. */
  readonly values: readonly unknown[];
  /** Whether the values differ. */
  readonly differs: boolean;
}

/** One metric of the compared runs. */
export interface ComparedMetric {
  /** Name of the metric. */
  readonly key: string;
  /** Summaries in the order of the runs; `undefined` for a run without the metric. */
  readonly values: readonly (MetricSummary | undefined)[];
  /** Whether the last values differ. */
  readonly differs: boolean;
}

/** Input of a comparison: one run. */
export interface Compared {
  /** The run. */
  readonly run: Run;
  /** Its params. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Summaries of its metrics. */
  readonly metrics: readonly MetricSummary[];
}

/** Compares runs. */
export function compare(items: readonly Compared[]): Comparison {
  const summaries = items.map(({ metrics }) => new Map(metrics.map((item) => [item.key, item])));
  return {
    runs: items.map(({ run }) => run),
    params: names(items.map(({ params }) => Object.keys(params))).map((key) => {
      const values = items.map(({ params }) =>
        Object.hasOwn(params, key) ? params[key] : undefined
      );
      return { key, values, differs: !areSame(values) };
    }),
    metrics: names(summaries.map((summary) => summary.keys())).map((key) => {
      const values = summaries.map((summary) => summary.get(key));
      return { key, values, differs: new Set(values.map((value) => value?.last)).size > 1 };
    }),
  };
}

function names(lists: readonly Iterable<string>[]): string[] {
  return [...new Set(lists.flatMap((list) => [...list]))].sort();
}

/** Whether all values are equal; a missing value differs from any other. */
function areSame(values: readonly unknown[]): boolean {
  const texts = values.map((value) => value === undefined ? "" : toEdn(value as ParamValue));
  return texts.every((text) => sameEdn(texts[0]!, text));
}

/** Compares stored runs. */
export async function compareRuns(runs: RunStore, ids: readonly string[]): Promise<Comparison> {
  assertIds("compare runs", ids);
  const items: Compared[] = [];
  for (const id of ids) {
    const run = await runs.get(id);
    items.push({ run, params: await runs.params(id), metrics: await runs.summary(id) });
  }
  return compare(items);
}
