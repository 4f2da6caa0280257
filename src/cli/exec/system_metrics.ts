/** System usage of the machine and the program, as metrics under `system/`. */
import type { RunHandle } from "../../runs/run_handle.ts";
import { cpus, freemem, totalmem } from "node:os";
import { UsageError } from "../command.ts";

/** Delay of the first measurement, in milliseconds; short, so that brief runs have one. */
const FIRST = 1000;
const INTERVAL = 10_000;

/** Timeout of helper programs, in milliseconds. */
const PATIENCE = 5000;

/**
 * Logs CPU, memory and GPU use every ten seconds; the step is the number of the measurement.
 * Figures that cannot be read are omitted.
 *
 * @param run Run to log to.
 * @param pid Process id of the program.
 * @returns A function that stops the measurements and resolves once the last one is done.
 */
export function logSystemMetrics(run: RunHandle, pid: number): () => Promise<void> {
  let step = 0;
  let busy = busyTime();
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    const now = busyTime();
    const total = now.total - busy.total;
    const metrics: Record<string, number> = {
      ...(total > 0 && { "system/cpu_percent": 100 * (now.busy - busy.busy) / total }),
      "system/memory_bytes": totalmem() - freemem(),
      ...await memoryOf(pid),
      ...await gpuMetrics(),
    };
    busy = now;
    try {
      run.log(metrics, { step: step++ });
    } catch {
      // The run reports at its end that metrics could not be logged.
    }
  };
  const again = () => {
    looking = look().catch(() => {});
    timer = setTimeout(again, INTERVAL);
  };
  let timer = setTimeout(again, FIRST);
  return async () => {
    clearTimeout(timer);
    await looking;
    clearTimeout(timer);
  };
}

function busyTime(): { busy: number; total: number } {
  let [busy, total] = [0, 0];
  for (const { times } of cpus()) {
    const { user, nice, sys, idle, irq } = times;
    busy += user + nice + sys + irq;
    total += user + nice + sys + irq + idle;
  }
  return { busy, total };
}

/** Returns the resident memory of a program and its descendants, in bytes. */
async function memoryOf(pid: number): Promise<Record<string, number>> {
  const text = await output("ps", ["-A", "-o", "pid=,ppid=,rss="]);
  if (text === undefined) return {};
  const rows = text.trim().split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const family = new Set([pid]);
  for (let grown = true; grown;) {
    grown = false;
    for (const [child, parent] of rows) {
      if (!family.has(parent!) || family.has(child!)) continue;
      family.add(child!);
      grown = true;
    }
  }
  const bytes = rows.filter(([id]) => family.has(id!))
    .reduce((sum, [, , kibibytes]) => sum + 1024 * (kibibytes ?? 0), 0);
  return bytes > 0 ? { "system/program_memory_bytes": bytes } : {};
}

/**
 * Checks the permissions for system metrics.
 *
 * @throws {UsageError} If one is missing.
 */
export function requireSystemMetrics(): void {
  for (const kind of ["cpus", "systemMemoryInfo"] as const) {
    if (Deno.permissions.querySync({ name: "sys", kind }).state === "granted") continue;
    throw new UsageError(
      "--system-metrics needs permission to inspect the system: pass --allow-sys to deno",
    );
  }
}

let hasGpu = true;

async function gpuMetrics(): Promise<Record<string, number>> {
  if (!hasGpu) return {};
  const text = await output("nvidia-smi", [
    "--query-gpu=index,utilization.gpu,memory.used",
    "--format=csv,noheader,nounits",
  ]);
  hasGpu = text !== undefined;
  const metrics: Record<string, number> = {};
  for (const line of text?.trim().split("\n") ?? []) {
    const [index, percent, mebibytes] = line.split(",").map(Number);
    if (![index, percent, mebibytes].every(Number.isFinite)) continue;
    metrics[`system/gpu${index}_percent`] = percent!;
    metrics[`system/gpu${index}_memory_bytes`] = mebibytes! * 1024 * 1024;
  }
  return metrics;
}

async function output(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(PATIENCE),
    }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined;
  }
}
