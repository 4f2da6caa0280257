/** Permanent removal, by administrators. Deleted objects can be restored until then. */
import { RunStateError } from "../../base/errors.ts";
import { requireExperiment } from "./experiments.ts";
import { invalid, MlflowError } from "./mlflow_error.ts";
import { adminRoute, type Call, type Route } from "./route.ts";
import { requireRun, runIdOf } from "./runs.ts";
import { SCORER } from "./scorers.ts";
import { SPANS, TRACE } from "./trace_info.ts";

/** Number of runs looked up together. */
const PAGE = 200;

async function purgeRun(call: Call): Promise<unknown> {
  const { fields, store } = call;
  const { id, deleted } = await requireRun(call, runIdOf(call));
  if (!deleted) throw invalid(`Cannot purge run ${id}: it is active; delete it first`);
  const removed = await store.runs.remove(id, {
    children: fields.flag("children"),
    force: fields.flag("force"),
  });
  return { removed_run_ids: removed };
}

async function purgeExperiment(call: Call): Promise<unknown> {
  const { fields, store, mlflow } = call;
  const id = fields.text("experiment_id");
  const { name, deleted } = await requireExperiment(call, id);
  if (!deleted) throw invalid(`Cannot purge experiment ${id}: it is active; delete it first`);
  const removed: string[] = [];
  for (;;) {
    const query = { experiment: name, archived: "include", limit: PAGE } as const;
    const runs = await store.runs.list(query);
    if (runs.length === 0) break;
    const before = removed.length;
    let refusal: unknown;
    for (const run of runs) {
      try {
        removed.push(...await store.runs.remove(run.id, { force: fields.flag("force") }));
      } catch (error) {
        // Its children are removed first; those of other experiments stay, and it with them.
        if (!(error instanceof RunStateError)) throw error;
        refusal = error;
      }
    }
    if (removed.length === before) throw refusal;
  }
  if (await mlflow.experiments.remove(id)) {
    await mlflow.documents.removeScope([TRACE, SPANS, SCORER], id);
    return { removed_run_ids: removed };
  }
  throw new MlflowError(
    "RESOURCE_CONFLICT",
    `Cannot purge experiment ${id}: a run was just added to it; try again`,
  );
}

/** Endpoints for permanent removal. */
export const PURGE_ROUTES: readonly Route[] = [
  adminRoute("POST", "runs/purge", purgeRun),
  adminRoute("POST", "experiments/purge", purgeExperiment),
];
