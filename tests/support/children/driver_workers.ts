/**
 * Uses one store by both drivers in one process, each in a Worker: `driver_workers.ts DIR COUNT`.
 * Prints what each has stored, and why it stopped if it did, as lines of JSON.
 */
import { join } from "@std/path";
import type { Task } from "./driver_worker.ts";

const [dir, count] = Deno.args as [string, string];

await Promise.all((["ffi", "builtin"] as const).map((driver) => {
  const worker = new Worker(new URL("driver_worker.ts", import.meta.url), { type: "module" });
  const task: Task = { path: join(dir, "t.db"), driver, count: Number(count) };
  worker.postMessage(task);
  return new Promise<void>((resolve) => {
    worker.onmessage = ({ data }) => {
      console.log(JSON.stringify(data));
      worker.terminate();
      resolve();
    };
  });
}));
