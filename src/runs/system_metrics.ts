/** Metrics of system usage, logged periodically during a run. */
import { cpuUsage } from "node:process";
import { clearInterval, setInterval } from "node:timers";

/**
 * Logs CPU and memory use of this process until `signal` aborts or `log` throws. The step of each
 * point is the time since the start, in whole seconds.
 *
 * @param log Logs the values of one moment.
 * @param options `interval` between two points, in seconds (default 10).
 * @param signal Stops the logging.
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
      stop(); // The store is closed or fails; the program's own calls report it.
    }
  }, interval * 1000);
  // The timer must not keep the process alive.
  timer.unref();
  const stop = () => {
    clearInterval(timer);
    signal.removeEventListener("abort", stop);
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop);
}
