/**
 * Uses a store with no permission but for its own paths: `least_permission.ts DB ARTIFACTS HOW`,
 * where HOW is `write` or `read`. Prints what it has read, as JSON.
 */
import { openStore } from "@chachaml/store";

const [path, artifactDir, how] = Deno.args as [string, string, string];
await using store = await openStore({ path, artifactDir, readOnly: how === "read" });

if (how === "write") {
  const run = await store.startRun({ id: "r" });
  await run.logParams({ lr: 0.1 });
  await run.logMetrics({ loss: 0.5 });
  await run.put("d/kept.txt", "first");
  await run.put("d/kept.txt", "kept", { ifExists: "replace" });
  await run.put("stream", new Blob(["x".repeat(200_000)]).stream());
  await run.put("gone", "gone");
  await store.remove("r", "gone");
  await store.startRun({ id: "gone" });
  await store.removeRun("gone");
  await run.end();
}
console.log(JSON.stringify({
  driver: store.driver,
  runs: (await store.listRuns()).map(({ id }) => id),
  names: (await store.list("r")).map(({ name }) => name).sort(),
  text: await (await store.get("r", "d/kept.txt")).text({ verify: true }),
  found: (await store.find({ name: "str*" })).length,
}));
