/** Running runs whose process has ended without ending them. */
import type { NotedProcess } from "../metadata/process_store.ts";
import type { Run } from "../metadata/run.ts";
import { recoverLogs } from "../artifacts/logs.ts";
import type { StoreContext } from "../context/compose.ts";
import { isAlive } from "./this_process.ts";

/** Milliseconds between two heartbeats of a run. */
export const BEAT = 30_000;

/** Milliseconds of silence after which a process on another machine counts as dead. */
export const SILENCE = 10 * BEAT;

/** A running run whose process is dead. */
export interface DeadRun {
  /** The run. */
  readonly runId: string;
  /** Name of the machine, where it is known. */
  readonly host: string | null;
  /** Process id. */
  readonly pid: number;
  /** When it was last heard of. */
  readonly lastSeen: Date;
  /** `"ended"`: there is no such process any more; `"silent"`: it has not been heard of for long. */
  readonly reason: "ended" | "silent";
}

/** Which of some processes are dead. */
export function findDead(processes: readonly NotedProcess[], now: number): DeadRun[] {
  return processes.flatMap((process) => {
    const { runId, host, pid, heartbeat: lastSeen } = process;
    const alive = isAlive(process);
    if (alive === true || alive === undefined && now - lastSeen.getTime() <= SILENCE) return [];
    return [{ runId, host, pid, lastSeen, reason: alive === false ? "ended" : "silent" }];
  });
}

/** Why a dead run has failed. */
function causeOfDeath({ host, pid, lastSeen, reason }: DeadRun): string {
  const where = host === null ? "" : ` on ${host}`;
  const when = lastSeen.toISOString();
  return reason === "ended"
    ? `process ${pid}${where} ended without ending the run; last heard of at ${when}`
    : `process ${pid}${where} has not been heard of since ${when}`;
}

/** Ends dead runs as failed, unless they have ended meanwhile; logs that they left become artifacts. */
export async function endDead(
  { metadata, artifacts, bytes }: Pick<StoreContext, "metadata" | "artifacts" | "bytes">,
  dead: readonly DeadRun[],
): Promise<Run[]> {
  const ended: Run[] = [];
  for (const each of dead) {
    const change = { status: "failed", endTime: each.lastSeen, error: causeOfDeath(each) };
    const { run, changed } = await metadata.runs.update(each.runId, change, ["running"]);
    if (changed) ended.push(run);
    await recoverLogs({ artifacts, bytes }, each.runId);
  }
  return ended;
}
