import { RunStateError } from "../base/errors.ts";
import type { Run } from "../metadata/run.ts";
import type { RunStore } from "../metadata/run_store.ts";

/**
 * Archives a run.
 *
 * @throws {RunStateError} If it is running.
 */
export async function archiveRun(runs: RunStore, id: string): Promise<Run> {
  const run = await runs.archive(id);
  if (run.status === "archived") return run;
  throw new RunStateError("archive", id, `it is ${run.status}; end it first`);
}
