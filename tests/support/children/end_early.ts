/**
 * Logs 100 points to a run `r` and then ends in a way of its own: `end_early.ts DB WAY [MORE [DIRECTORY]]`.
 * It prints a line once everything has been logged. MORE is a delay in milliseconds; with DIRECTORY
 * for the artifacts, DB may be a database server.
 */
import { openStore } from "@chachaml/store";

const [path, way, more, artifactDir] = Deno.args;
const store = await openStore({
  path: path!,
  ...(artifactDir === undefined ? { driver: "builtin" } : { artifactDir }),
  durability: "relaxed",
  ...(way === "own-handler-off" && { handleSignals: false }),
});
const run = await store.startRun({ id: "r", environment: false });
for (let step = 0; step < 100; step++) run.log({ loss: 1 / (step + 1) }, { step });

if (way === "own-handler" || way === "own-handler-off") {
  Deno.addSignalListener("SIGTERM", async () => {
    // Later than the store's own listener, as a program that finishes its work is.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await run.end();
    await store.close();
    Deno.exit(0);
  });
}
const untilKilled = () => new Promise((resolve) => setTimeout(resolve, 20_000));
console.log("logged");
switch (way) {
  case "exit":
    Deno.exit(7);
    break;
  case "exit-in-put":
    void run.put("late", "bytes").catch(() => {});
    void run.logParams({ lr: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1));
    Deno.exit(7);
    break;
  case "exit-in-flush":
    void run.flush().catch(() => {});
    run.log({ late: 1 });
    await new Promise((resolve) => setTimeout(resolve, Number(more)));
    Deno.exit(7);
    break;
  case "rejection":
    Promise.reject(new Error("no luck"));
    await untilKilled();
    break;
  case "handled":
    addEventListener("unhandledrejection", (event) => event.preventDefault(), { capture: true });
    break;
  case "throw":
    setTimeout(() => {
      throw new TypeError("no luck");
    });
    await untilKilled();
    break;
  case "removed":
    await store.runs.remove("r");
    await store.startRun({ id: "r", environment: false });
    run.log({ late: 1 });
    await store.runs.remove("r");
    run.log({ lost: 1 });
    await store.startRun({ id: "other", environment: false });
    break;
  case "natural":
    break;
  default:
    await untilKilled();
}
