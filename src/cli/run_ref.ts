/** Runs by user-supplied references. */
import { RunNotFoundError } from "../base/errors.ts";
import { nearNames } from "../base/near_names.ts";
import type { Run } from "../metadata/run.ts";
import type { Store } from "../store/store.ts";
import { UsageError } from "./command.ts";
import type { Io } from "./io.ts";

/** Number of newest runs searched for similar names. */
const RECENT = 200;

/**
 * Resolves a run reference to an id.
 *
 * @param ref An id; the name of exactly one run; the prefix of exactly one id; `@last`, or `@-2`
 * for the one before it; `@run` for the run of `CHACHAML_RUN`; `@best:loss`, `@worst:loss`,
 * `@min:loss` or `@max:loss`.
 * @throws {RunNotFoundError} If no run matches.
 * @throws {UsageError} If several runs match, or the reference is empty.
 */
export async function resolveRun(store: Store, ref: string, io: Pick<Io, "env">): Promise<string> {
  // Every id starts with the empty text: an unset shell variable must not select a run.
  if (ref === "") throw new UsageError("the run is empty; name one, or @last");
  if (ref.startsWith("@")) return await resolveWord(store, ref, io);
  const [named, alike] = [
    await store.runs.list({ name: ref, limit: 3 }),
    await store.runs.list({ idPrefix: ref }),
  ];
  if (alike.some(({ id }) => id === ref)) return ref;
  const found = [...new Map([...named, ...alike].map((run) => [run.id, run])).values()];
  if (found.length === 1) return found[0]!.id;
  if (found.length === 0) throw new RunNotFoundError(ref, await nearRuns(store, ref));
  throw new UsageError(
    `${found.length} runs ${named.length > 1 ? "are named" : "begin with"} ${
      JSON.stringify(ref)
    }: ${some(found)}; give more of the id`,
  );
}

async function resolveWord(store: Store, ref: string, { env }: Pick<Io, "env">): Promise<string> {
  if (ref === "@run") {
    const id = env("CHACHAML_RUN");
    if (id !== undefined) return id;
    throw new UsageError("@run is the run of CHACHAML_RUN, which is not set");
  }
  const back = ref === "@last" ? 1 : Number(/^@-(\d+)$/.exec(ref)?.[1] ?? NaN);
  if (back > 0) return await nthLast(store, ref, back);
  const [, which, metric] = /^@(best|worst|min|max):(.+)$/s.exec(ref) ?? [];
  if (which !== undefined && metric !== undefined) return await byMetric(store, which, metric);
  throw new UsageError(
    `${
      JSON.stringify(ref)
    } names no run; there are @last, @-2, @run, @best:METRIC, @worst:METRIC, ` +
      "@min:METRIC and @max:METRIC",
  );
}

async function nthLast(store: Store, ref: string, back: number): Promise<string> {
  const runs = await store.runs.list({ limit: back });
  const run = runs[back - 1];
  if (run) return run.id;
  throw new UsageError(
    runs.length === 0
      ? "there is no last run: the store has none"
      : `there is no run ${ref}: the store has ${runs.length}`,
  );
}

/** Names of metrics where smaller is better, by a part of the name. */
const SMALLER =
  /(^|[/_.-])(loss|err|error|errors|mse|rmse|mae|mape|perplexity|ppl|nll|bpb|wer|cer|fid|time|seconds|duration|latency)($|[/_.-])/i;

async function byMetric(store: Store, which: string, metric: string): Promise<string> {
  const smallest = which === "min" || which === "max"
    ? which === "min"
    : SMALLER.test(metric) === (which === "best");
  const run = await store.runs.best({ metric, order: smallest ? "asc" : "desc" });
  if (run) return run.id;
  throw new UsageError(`no run has a metric ${JSON.stringify(metric)} that is a number`);
}

async function nearRuns(store: Store, ref: string): Promise<string[]> {
  const runs = await store.runs.list({ limit: RECENT });
  return nearNames(ref, [
    ...new Set(runs.flatMap(({ id, name }) => [name ?? "", id]).filter((name) => name !== "")),
  ]);
}

function some(runs: readonly Run[]): string {
  const ids = runs.slice(0, 4).map(({ id }) => id).join(", ");
  return runs.length > 4 ? `${ids}, …` : ids;
}
