/** Opens the store that the environment names, logs to the current run, and prints what it is. */
import { openStore } from "@chachaml/store";

await using store = await openStore({ driver: "builtin" });
const run = store.currentRun;
run?.log({ loss: 1 });
const child = await store.startRun({ id: "child" });
console.log(JSON.stringify([run?.id, store.path, store.artifactDir, child.info]));
