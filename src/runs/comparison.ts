/** Runs side by side. */
import { type ParamValue, sameEdn, toEdn } from "../edn/mod.ts";
import type { MetricSummary } from "../metadata/metric.ts";
import type { Run } from "../metadata/run.ts";

/** What some runs have in common, and what not. */
export interface Comparison {
  /** The runs, in the order asked for. */
  readonly runs: readonly Run[];
  /** Params by name; values in the order of the runs, `undefined` where a run has none. */
  readonly params: readonly ComparedParam[];
  /** Metrics by name. */
  readonly metrics: readonly ComparedMetric[];
}

/** One param of some runs. */
export interface ComparedParam {
  /** Its name. */
  readonly key: string;
  /** Its values, in the order of the runs. */
  readonly values: readonly unknown[];
  /** Whether they are not all the same. */
  readonly differs: boolean;
}

/** One metric of some runs. */
export interface ComparedMetric {
  /** Its name. */
  readonly key: string;
  /** Summaries, in the order of the runs; `undefined` where a run has none. */
  readonly values: readonly (MetricSummary | undefined)[];
  /** Whether the last values are not all the same. */
  readonly differs: boolean;
}

/** What a comparison is made of. */
export interface Compared {
  /** The run. */
  readonly run: Run;
  /** Its params. */
  readonly params: Readonly<Record<string, unknown>>;
  /** What its metrics come to. */
  readonly metrics: readonly MetricSummary[];
}

/** Puts runs side by side. */
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

/** Whether all values are the same; one that is not there is another. */
function areSame(values: readonly unknown[]): boolean {
  const texts = values.map((value) => value === undefined ? "" : toEdn(value as ParamValue));
  return texts.every((text) => sameEdn(texts[0]!, text));
}
