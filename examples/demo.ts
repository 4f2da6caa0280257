/**
 * The whole way once: trains a small model on real data, stores what comes of it, opens the store
 * again, reads a model back and uses it, and checks every file. Run it by `deno task demo`.
 */
import { crypto } from "@std/crypto";
import { join } from "@std/path";
import { openStore, type Store } from "@chachaml/store";
import { completePenguins, FEATURES, SoftmaxRegression, SPECIES, toExamples } from "./penguins.ts";
import { lossCurve, renderSvg } from "./plots.ts";

const FOLDER = "demo-store";
const PARAMS = { learningRate: 0.05, epochs: 20, testShare: 0.25 };

const path = join(FOLDER, "chachaml.db");
const runId = await trainAndStore();
await readBack(runId);
console.log(`\nOn disk, in ./${FOLDER}:`);
await printTree(FOLDER, "  ");

async function trainAndStore(): Promise<string> {
  await using store = await openStore({ path });
  return await store.withRun({ experiment: "penguins", name: "softmax" }, async (run) => {
    await run.logParams(PARAMS);
    const penguins = completePenguins();
    const examples = toExamples(penguins);
    const cut = Math.round(examples.length * PARAMS.testShare);
    const [test, training] = [examples.slice(0, cut), examples.slice(cut)];

    const model = new SoftmaxRegression();
    const losses: number[] = [];
    for (let step = 0; step < PARAMS.epochs; step++) {
      const loss = model.train(training, PARAMS.learningRate);
      losses.push(loss);
      await run.logMetrics({ loss, accuracy: model.accuracy(test) }, { step });
    }
    const accuracy = model.accuracy(test);

    await run.put("model/weights.f32", model.weights);
    await run.put("model/config.json", { features: [...FEATURES], species: [...SPECIES] });
    await run.put("data/penguins.json", JSON.stringify(penguins));
    await run.put("plots/loss.svg", await renderSvg(lossCurve(losses)));
    await run.put(
      "report.md",
      `# Penguins\n\n${training.length} penguins to learn from, ${test.length} to test with: ` +
        `${(accuracy * 100).toFixed(1)} % of these told right.\n\n![Loss](plots/loss.svg)\n`,
    );
    console.log(`Run ${run.id}: accuracy ${(accuracy * 100).toFixed(1)} % after training`);
    return run.id;
  });
}

async function readBack(id: string): Promise<void> {
  await using store = await openStore({ path, readOnly: true });
  const run = await store.runs.get(id);
  const metrics = await store.metrics.points(id);
  console.log(`${run.status}, params ${JSON.stringify(await store.runs.params(id))}`);
  console.log(`${metrics.length} metric values, the last: accuracy ${metrics.at(-1)!.value}`);

  const weights = await (await store.artifacts.get(id, "model/weights.f32")).bytes({
    verify: true,
  });
  const model = new SoftmaxRegression(new Float32Array(weights.buffer));
  const accuracy = model.accuracy(toExamples(completePenguins()));
  console.log(`The model read back tells ${(accuracy * 100).toFixed(1)} % of all penguins right\n`);
  await checkFiles(store);
}

/** Hashes each file by other code than the store's, as `sha256sum` would. */
async function checkFiles(store: Store): Promise<void> {
  for (const artifact of await store.artifacts.find({})) {
    using file = await Deno.open(artifact.filePath!);
    const digest = await crypto.subtle.digest("SHA-256", file.readable);
    const hash = new Uint8Array(digest).toHex();
    if (hash !== artifact.hash) throw new Error(`${artifact.name} is not what was stored`);
    console.log(
      `ok  ${hash.slice(0, 16)}…  ${String(artifact.size).padStart(6)}  ${artifact.name}`,
    );
  }
}

async function printTree(directory: string, indent: string): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(directory));
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const { mode, size } = await Deno.lstat(join(directory, name));
    const rights = ((mode ?? 0) & 0o777).toString(8);
    console.log(`${rights} ${isDirectory ? "" : size}`.padEnd(12) + indent + name);
    if (isDirectory) await printTree(join(directory, name), indent + "  ");
  }
}
