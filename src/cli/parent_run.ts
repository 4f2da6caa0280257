/** Parent of a new run. */
import type { Run } from "../metadata/run.ts";
import type { Store } from "../store/store.ts";
import type { Call } from "./command.ts";

/** Value of `--parent` for no parent. */
export const NO_PARENT = "none";

/**
 * Returns the run named by `--parent`, or by `CHACHAML_RUN` if it is in this store. Runs started
 * within `exec` thus become children automatically.
 */
export async function parentRun(
  store: Store,
  { options, io, runId }: Pick<Call, "options" | "io" | "runId">,
): Promise<Run | undefined> {
  const named = options.get("parent");
  if (named === NO_PARENT) return undefined;
  if (named !== undefined) return await store.runs.get(await runId(store, named));
  const around = io.env("CHACHAML_RUN");
  if (around === undefined) return undefined;
  const [found] = await store.runs.list({ idPrefix: around, limit: 1 });
  return found?.id === around ? found : undefined;
}
