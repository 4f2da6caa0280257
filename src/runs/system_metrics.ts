/** What a run uses of the machine, logged as metrics over time. */
import { cpuUsage } from "node:process";
import { clearInterval, setInterval } from "node:timers";

/**
 * Logs CPU and memory use of this process until it is told to stop, or `log` throws. The step of a
 * point is the time since the start, in whole seconds.
 *
 * @param log Takes the values of one moment.
 * @param options How often.
 * @param signal Stops it.
 */
export function logSystemMetrics(
  log: (values: Record<string, number>, step: number) => void,
  { interval = 10 }: { readonly interval?: number },
  signal: AbortSignal,
): void {
  const start = performance.now();
  let [at, used] = [start, cpuUsage()];
  const timer = setInterval(() => {
    const now = performance.now();
    const { user, system } = cpuUsage(used);
    const cpu = (user + system) / 1000 / (now - at) * 100;
    [at, used] = [now, cpuUsage()];
    const { rss, heapUsed } = Deno.memoryUsage();
    const values = {
      "system/cpu_percent": cpu,
      "system/memory_bytes": rss,
      "system/heap_bytes": heapUsed,
    };
    try {
      log(values, Math.round((now - start) / 1000));
    } catch {
      stop(); // The store is closed, or cannot store them: what the program logs says so.
    }
  }, interval * 1000);
  // It is no reason for a process to live on.
  timer.unref();
  const stop = () => {
    clearInterval(timer);
    signal.removeEventListener("abort", stop);
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop);
}
