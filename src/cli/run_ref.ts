/** Runs as people name them: by id, by the start of an id, as the last one, or as the one around. */
import { RunNotFoundError } from "../base/errors.ts";
import type { Store } from "../store/store.ts";
import type { Io } from "./io.ts";
import { UsageError } from "./command.ts";

/** Named by these words, runs need no id. */
export const RUN_WORDS: readonly string[] = ["@last", "@run"];

/**
 * The id of a run.
 *
 * @param ref An id, its beginning, `@last` for the run started last, or `@run` for that of
 * `CHACHAML_RUN`.
 * @throws {RunNotFoundError} If there is none.
 * @throws {UsageError} If several ids begin so, or nothing is named.
 */
export async function resolveRun(store: Store, ref: string, io: Io): Promise<string> {
  // Every id begins with it: what a variable that is not set stands for must not name a run.
  if (ref === "") throw new UsageError("the run is empty; name one, or @last");
  if (ref === "@last") {
    const [last] = await store.runs.list({ limit: 1 });
    if (last) return last.id;
    throw new UsageError("there is no last run: the store has none");
  }
  if (ref === "@run") {
    const id = io.env("CHACHAML_RUN");
    if (id !== undefined) return id;
    throw new UsageError("@run is the run of CHACHAML_RUN, which is not set");
  }
  const alike = await store.runs.list({ idPrefix: ref });
  if (alike.some(({ id }) => id === ref)) return ref;
  const [found] = alike;
  if (!found) throw new RunNotFoundError(ref);
  if (alike.length === 1) return found.id;
  const some = alike.slice(0, 4).map(({ id }) => id).join(", ");
  throw new UsageError(
    `${alike.length} runs begin with ${JSON.stringify(ref)}: ${some}${
      alike.length > 4 ? ", …" : ""
    }; give more of the id`,
  );
}
