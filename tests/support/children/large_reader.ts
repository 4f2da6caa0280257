/** Reads a store: `large_reader.ts PATH`. Prints what it has found, and its greatest memory, in MiB. */
import { openStore } from "@chachaml/store";
import { diagnose } from "../../../src/maintenance/doctor.ts";

const [path] = Deno.args as [string];
const found: Record<string, unknown> = {};
{
  await using store = await openStore({ path, driver: "builtin", readOnly: true });
  found.runs = (await store.runs.list()).map(({ id }) => id);
  found.points = (await store.metrics.points("run")).length;
  found.info = (await store.info()).artifacts;
  found.text = await (await store.artifacts.get("run", "kept")).text({ verify: true });
}
found.checks = (await Array.fromAsync(diagnose({ path, driver: "builtin" })))
  .filter(({ state }) => state === "problem");
const [, peak] = /VmHWM:\s+(\d+) kB/.exec(await Deno.readTextFile("/proc/self/status"))!;
console.log(JSON.stringify({ ...found, peak: Math.round(Number(peak) / 1024) }));
