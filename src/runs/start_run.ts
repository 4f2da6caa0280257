/** Starting of runs, with their environment and optional recordings. */
import type { Run, StartOptions } from "../metadata/run.ts";
import type { RunStore } from "../metadata/run_store.ts";
import { thisProcess } from "../processes/this_process.ts";
import { captureEnvironment, describeProgram } from "./environment.ts";
import type { RunHandle } from "./run_handle.ts";

/** Starts a run. `parent` is its default parent. */
export async function startRun(
  runs: RunStore,
  options: StartOptions,
  parent: string | null,
): Promise<Run> {
  const { parentId = parent, environment = true, attached = true } = options;
  const program = environment === true ? describeProgram() : {};
  const noted = typeof environment === "object" ? environment : program;
  const where = environment ? { ...await captureEnvironment(), ...noted } : null;
  const process = attached ? thisProcess() : null;
  const { experiment = await experimentOf(runs, parentId) } = options;
  const createdBy = options.createdBy ?? program.user;
  const start = {
    ...options,
    experiment,
    parentId,
    ...(createdBy !== undefined && { createdBy }),
  };
  return await runs.start(start, where, process);
}

/** Returns the default experiment of a run: that of its parent, if it has one. */
async function experimentOf(runs: RunStore, parentId: string | null): Promise<string> {
  return parentId === null ? "default" : (await runs.get(parentId)).experiment;
}

/** Starts the optional recordings of a run: system metrics and uncommitted changes. */
export async function startRecordings(
  run: RunHandle,
  { diff = false, systemMetrics = false }: Pick<StartOptions, "diff" | "systemMetrics">,
  untilEnd: () => AbortSignal,
): Promise<RunHandle> {
  if (systemMetrics) {
    const { logSystemMetrics } = await import("./system_metrics.ts");
    const options = systemMetrics === true ? {} : systemMetrics;
    const log = (values: Record<string, number>, step: number) => run.log(values, { step });
    logSystemMetrics(log, options, untilEnd());
  }
  if (diff) {
    const { readChanges } = await import("./git.ts");
    const changes = await readChanges();
    if (changes !== undefined) await run.put("git.diff", changes, { contentType: "text/x-diff" });
  }
  return run;
}
