/** Order of run lists, from `--sort`. */
import { UnknownNameError } from "../base/errors.ts";
import type { Run } from "../metadata/run.ts";
import type { RunOrder, RunQuery } from "../metadata/run_query.ts";
import type { Store } from "../store/store.ts";

/** Times to sort by, with column names as aliases. */
const TIMES = {
  started: "start",
  start: "start",
  ended: "end",
  end: "end",
  duration: "duration",
} as const;

/** An order to try, and the column that shows it. */
interface Order {
  readonly sortBy: RunOrder;
  readonly column: string;
}

/** Returns the possible meanings of a sort key: a time, or a metric, otherwise a param. */
function ordersOf(sort: string): [Order, ...Order[]] {
  const order = sort.startsWith("-") ? "asc" : "desc";
  const name = sort.replace(/^-/, "");
  const time = Object.hasOwn(TIMES, name) ? TIMES[name as keyof typeof TIMES] : undefined;
  if (time) {
    const column = time === "duration" ? time : `${time}ed`;
    return [{ sortBy: { time, order }, column }];
  }
  const [, kind, key = name] = /^(metric|param):(.*)$/s.exec(name) ?? [];
  const byMetric = { sortBy: { metric: key, order }, column: name } as const;
  const byParam = { sortBy: { param: key, order }, column: name } as const;
  return kind === "metric" ? [byMetric] : kind === "param" ? [byParam] : [byMetric, byParam];
}

/**
 * Lists runs in the order of `--sort`.
 *
 * @returns The runs, and the column to show.
 * @throws {UnknownNameError} If no run has the sort key.
 */
export async function listSorted(
  store: Store,
  query: RunQuery,
  sort: string,
): Promise<{ found: Run[]; column: string }> {
  const orders = ordersOf(sort);
  let first: unknown;
  for (const { sortBy, column } of orders) {
    try {
      return { found: await store.runs.list({ ...query, sortBy }), column };
    } catch (error) {
      if (!(error instanceof UnknownNameError)) throw error;
      first ??= error;
    }
  }
  throw first;
}
