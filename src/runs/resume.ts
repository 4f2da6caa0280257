import { RunStateError } from "../base/errors.ts";
import type { StoreContext } from "../context/compose.ts";
import type { Run } from "../metadata/run.ts";
import { findDead } from "../processes/dead_runs.ts";
import { thisProcess } from "../processes/this_process.ts";

/** Reopens a run in this process. See {@linkcode Runs.resume}. */
export async function resume(
  { metadata: { runs, processes }, now }: Pick<StoreContext, "metadata" | "now">,
  id: string,
): Promise<Run> {
  const { status } = await runs.get(id);
  if (status === "archived") {
    throw new RunStateError("resume", id, "it is archived; unarchive it first");
  }
  if (status === "running") {
    const noted = (await processes.running()).filter(({ runId }) => runId === id);
    const isDead = findDead(noted, now()).length > 0;
    if (noted.length > 0 && !isDead) {
      throw new RunStateError("resume", id, "it is running in a process that lives");
    }
  }
  const change = { status: "running", endTime: null, error: null };
  const { run, changed } = await runs.update(id, change, [status]);
  if (!changed) throw new RunStateError("resume", id, `it is ${run.status} since just now`);
  await processes.attach(id, thisProcess());
  return run;
}
