/**
 * Exports an artifact of SIZE bytes from one store and imports it into another at the same time:
 * `export_memory_child.ts DIR SIZE`. Prints how many bytes the process has grown by at most.
 */
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { openStore } from "@chachaml/store";

const [dir, size] = [Deno.args[0]!, Number(Deno.args[1])];

/** The most memory that the process has had so far, as Linux counts it. */
function peak(): number {
  return Number(/VmHWM:\s*(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"))![1]) * 1024;
}

await using here = await openStore({ path: `${dir}/here.db`, durability: "relaxed" });
await using there = await openStore({ path: `${dir}/there.db`, durability: "relaxed" });
await here.startRun({ id: "r" });
const filePath = (await here.artifacts.put("r", "large", "x")).filePath!;
await here.artifacts.put("r", "small", "text");
// A hole, which takes no space.
await Deno.chmod(filePath, 0o644);
await Deno.truncate(filePath, 0);
await Deno.truncate(filePath, size);
const hash = createHash("sha256");
for (let left = size, zeros = new Uint8Array(1 << 20); left > 0; left -= zeros.length) {
  if (left < zeros.length) zeros = zeros.subarray(0, left);
  hash.update(zeros);
}
const sql = new DatabaseSync(`${dir}/here.db`);
sql.prepare("UPDATE artifacts SET size = ?, hash = ? WHERE name = 'large'")
  .run(size, hash.digest("hex"));
sql.close();

const before = peak();
const { bytes } = await there.import(here.export(["r"]));
if (bytes !== size + 4) throw new Error(`${bytes} bytes were imported`);
console.log(peak() - before);
