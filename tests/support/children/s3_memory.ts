/** Puts or reads a large artifact, and prints its memory's high-water mark in KiB: DB PLACE WORK. */
import { openStore } from "../../../mod.ts";

const SIZE = 200 * 2 ** 20;
const [path, artifactDir, work] = Deno.args as [string, string, string];
await using store = await openStore({ path, artifactDir, driver: "builtin" });
if (work === "put") {
  await store.startRun({ id: "r" });
  const file = `${path}.large`;
  await Deno.writeFile(file, new Uint8Array());
  await Deno.truncate(file, SIZE);
  await store.artifacts.putFile("r", "large.bin", file);
} else {
  const artifact = await store.artifacts.get("r", "large.bin");
  await artifact.saveTo(`${path}.saved`);
}
const status = Deno.readTextFileSync("/proc/self/status");
console.log(/VmHWM:\s+(\d+)/.exec(status)![1]);
