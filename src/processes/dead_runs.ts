/** Running runs whose process ended without ending them. */
import type { RecordedProcess } from "../metadata/process_store.ts";
import type { Run } from "../metadata/run.ts";
import { recoverLogs } from "../artifacts/logs.ts";
import type { StoreContext } from "../context/compose.ts";
import { isAlive } from "./this_process.ts";

/** Interval of heartbeats, in milliseconds. */
export const BEAT = 30_000;

/**
 * Time without a heartbeat after which a process on another host is considered dead, in
 * milliseconds.
 */
export const DEAD_AFTER = 10 * BEAT;

/** A running run whose process is dead. */
export interface DeadRun {
  /** Id of the run. */
  readonly runId: string;
  /** Name of the host, if known. */
  readonly host: string | null;
  /** Process id. */
  readonly pid: number;
  /** Time of the last heartbeat. */
  readonly lastSeen: Date;
  /** `"ended"`: the process no longer exists; `"silent"`: no heartbeat for a long time. */
  readonly reason: "ended" | "silent";
}

/** Returns the runs whose processes are dead. */
export function findDead(processes: readonly RecordedProcess[], now: number): DeadRun[] {
  return processes.flatMap((process) => {
    const { runId, host, pid, heartbeat: lastSeen } = process;
    const alive = isAlive(process);
    if (alive === true || alive === undefined && now - lastSeen.getTime() <= DEAD_AFTER) return [];
    return [{ runId, host, pid, lastSeen, reason: alive === false ? "ended" : "silent" }];
  });
}

/** Describes why a dead run failed. */
function causeOfDeath({ host, pid, lastSeen, reason }: DeadRun): string {
  const where = host === null ? "" : ` on ${host}`;
  const when = lastSeen.toISOString();
  return reason === "ended"
    ? `process ${pid}${where} ended without ending the run; last heard of at ${when}`
    : `process ${pid}${where} has not been heard of since ${when}`;
}

/**
 * Ends dead runs as failed, unless they have ended meanwhile. Their unfinished logs become
 * artifacts.
 */
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

/** Finds the dead runs of a store. */
export async function findDeadRuns({ metadata, now }: StoreContext): Promise<DeadRun[]> {
  return findDead(await metadata.processes.running(), now());
}
