import assert from "node:assert/strict";
import { InvalidNameError, type Store } from "../../mod.ts";
import { call, startRun, withServer } from "../support/mlflow_helpers.ts";
import { inMemory } from "../support/helpers.ts";

const BAD = "prod\u202eved";

/** Ways to give something a new name. */
const WAYS: Record<string, (store: Store) => Promise<unknown>> = {
  "an experiment": (store) => store.startRun({ experiment: BAD }),
  "a run": (store) => store.startRun({ name: "a\u2066b" }),
  "a tag at the start": (store) => store.startRun({ tags: { [BAD]: "x" } }),
  "a tag": (store) => store.runs.setTags("r", { [BAD]: "x" }),
  "a param": (store) => store.runs.logParams("r", { [BAD]: 1 }),
  "a metric": (store) => store.metrics.log("r", { [BAD]: 1 }),
  "a metric of points": (store) => store.metrics.logPoints("r", [{ key: BAD, value: 1 }]),
  "a renamed run": (store) => store.runs.update("r", { name: BAD }),
  "another experiment": (store) => store.runs.update("r", { experiment: BAD }),
  "a described experiment": (store) => store.experiments.describe(BAD, { owner: "ana" }),
  "a model": (store) => store.models.register(BAD, { runId: "r", artifact: "a" }),
};

Deno.test("new names and keys must not have bidirectional controls", () =>
  inMemory(async (store) => {
    for (const [what, name] of Object.entries(WAYS)) {
      await assert.rejects(name(store), (error: Error) => {
        assert.ok(error instanceof InvalidNameError, `${what}: ${error}`);
        assert.equal(error.rule, "bidirectional-control");
        return true;
      });
    }
    assert.deepEqual((await store.runs.list()).map(({ id }) => id), ["r"]);
    // Joiners belong to scripts and emoji; a tag that is stored can be removed.
    await store.startRun({ name: "\u{1f469}\u200d\u{1f52c}", experiment: "می\u200cخواهم" });
    await store.runs.setTags("r", { [BAD]: null });
  }));

Deno.test("an MLflow client's names with bidirectional controls are its mistake", () =>
  withServer(async (send, store) => {
    const run_id = await startRun(send);
    const tag = { key: "mlflow.runName", value: BAD };
    const calls: [path: string, json: unknown, method?: string][] = [
      ["experiments/create", { name: BAD }],
      ["runs/create", { experiment_id: "0", run_name: BAD }],
      ["runs/create", { experiment_id: "0", tags: [tag] }],
      ["runs/update", { run_id, run_name: BAD }],
      ["runs/set-tag", { run_id, ...tag }],
      ["runs/log-metric", { run_id, key: BAD, value: 1, timestamp: 1 }],
      ["registered-models/create", { name: BAD }],
    ];
    for (const [path, json] of calls) {
      const { status, body } = await call(send, path, json);
      assert.deepEqual([path, status, body.error_code], [path, 400, "INVALID_PARAMETER_VALUE"]);
    }
    assert.equal((await store.runs.list()).length, 1);
  }));
