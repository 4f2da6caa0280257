import type { Access } from "../base/access.ts";
import type { StoreContext } from "../context/compose.ts";
import type { Run } from "../metadata/run.ts";
import type { RunQuery } from "../metadata/run_query.ts";
import { assertQuery } from "./assert_query.ts";
import { assertKnownNames } from "./known_names.ts";

/** Number of runs read at once. */
const PAGE = 500;

/** Yields the runs that match a query. Throws if no run has a name used in the query. */
export async function* eachRun(
  access: Access<StoreContext>,
  query: RunQuery,
  shown: (run: Run) => Run,
): AsyncGenerator<Run> {
  await access.use(() => Promise.resolve(assertQuery(query)));
  const list = (query: RunQuery) => access.read(({ metadata }) => metadata.runs.list(query));
  let isEmpty = true;
  for await (const run of pagedRuns(list, query)) {
    isEmpty = false;
    yield shown(run);
  }
  if (!isEmpty) return;
  await access.read(({ metadata }) => assertKnownNames(metadata.runs, query, []));
}

/**
 * Yields the runs that match a query, newest first, in pages, so memory stays constant. A run that
 * exists all the time is yielded exactly once. Sorted runs are read at once.
 */
async function* pagedRuns(
  list: (query: RunQuery) => Promise<Run[]>,
  query: RunQuery,
): AsyncGenerator<Run> {
  if (query.sortBy) return yield* await list(query);
  let before = query.before;
  /** Ids of yielded runs with the start time of the last one: the next page repeats them. */
  let given = new Set<string>();
  let count = 0;
  for (let left = query.limit ?? Infinity; left > 0;) {
    const limit = Math.min(PAGE, left) + given.size;
    const page = await list({ ...query, limit, ...(before && { before }) });
    const fresh = page.filter(({ id }) => !given.has(id)).slice(0, left);
    for (const run of fresh) yield run;
    count += fresh.length;
    left -= fresh.length;
    if (page.length < limit) return;
    const last = page.at(-1)!.startTime.getTime();
    if (Number.isNaN(last)) {
      // Another program recorded an invalid time: continue by position.
      return yield* (await list(query)).slice(count);
    }
    const isSame = before?.getTime() === last + 1;
    const there = page.filter(({ startTime }) => startTime.getTime() === last).map(({ id }) => id);
    given = new Set([...isSame ? given : [], ...there]);
    before = new Date(last + 1);
  }
}
