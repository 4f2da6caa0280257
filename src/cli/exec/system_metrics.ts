/** How busy the machine and the program are, as metrics under `system/`. */
import type { RunHandle } from "../../runs/run_handle.ts";
import { cpus, freemem, totalmem } from "node:os";
import { UsageError } from "../command.ts";

/** Milliseconds between two looks; the first one comes soon, so that short runs have one too. */
const FIRST = 1000;
const INTERVAL = 10_000;

/** Milliseconds that a program that is asked may take. */
const PATIENCE = 5000;

/**
 * Logs processor, memory and GPU use every ten seconds; steps count the looks. What cannot be read
 * is left out.
 *
 * @param run The run.
 * @param pid The program.
 * @returns A function that stops it, and resolves when the last look is done.
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
      // The run says at its end what could not be logged.
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

/** Resident bytes of a program and of those that it has started. */
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
 * Refuses to log what may not be looked at.
 *
 * @throws {UsageError} If a permission is missing.
 */
export function requireSystemMetrics(): void {
  for (const kind of ["cpus", "systemMemoryInfo"] as const) {
    if (Deno.permissions.querySync({ name: "sys", kind }).state === "granted") continue;
    throw new UsageError(
      "--system-metrics needs the permission to look at the system: pass --allow-sys to deno",
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
