/** What the store that chachaml 0.7.0 has written holds. */
import assert from "node:assert/strict";
import { EdnValue, type Store } from "../../mod.ts";
import { BASELINE, BROKEN, DEEP } from "./interop_helpers.ts";

const edn = EdnValue.of;

/** What the store's own description says that it holds. */
export const RUNS = [
  {
    id: BROKEN,
    experiment: "mnist",
    name: "broken",
    status: "failed",
    startTime: new Date(1795410165771),
    endTime: new Date(1795410165968),
    error: "OutOfMemoryError: heap",
    tags: {},
    parentId: null,
    createdBy: null,
    environment: null,
  },
  {
    id: DEEP,
    experiment: "mnist",
    name: "deep",
    status: "running",
    startTime: new Date(1795410165767),
    endTime: null,
    error: null,
    tags: {},
    parentId: BASELINE,
    createdBy: null,
    environment: null,
  },
  {
    id: BASELINE,
    experiment: "iris",
    name: "baseline",
    status: "completed",
    startTime: new Date(1795410165747),
    endTime: new Date(1795410165963),
    error: null,
    tags: { owner: "bob", "stage/x": "1", note: "first try" },
    parentId: null,
    createdBy: "ana",
    environment: { git: { sha: "abc", "dirty?": false }, os: { name: "Linux" } },
  },
];

/** Params of the run `BASELINE`. */
export const BASELINE_PARAMS = {
  lr: 0.01,
  epochs: 10,
  "ns/key": 1,
  flag: true,
  optimizer: 'adam "quoted"',
  vec: [1, 2.5, "x", null],
  set: new Set([1, 2]),
  m: new Map<unknown, unknown>([[edn(":a"), 1], ["b", [1, 2]]]),
  kw: edn(":a/b"),
  chr: edn("\\a"),
  ratio: edn("1/3"),
  big: 10n,
  dec: edn("1.5M"),
  inst: new Date("2020-01-01T00:00:00Z"),
  uuid: edn('#uuid "00000000-0000-0000-0000-000000000001"'),
};

const DEEP_PARAMS = {
  nested: { "a/b": 1, "a/c": 2 },
  inf: Infinity,
  nan: NaN,
  neg: -7,
  exp: 1e-10,
  unicode: "héllo ✓",
};

const ARTIFACTS = [
  [BASELINE, "model", "application/octet-stream", 10, 1795410165847],
  [BASELINE, "report.md", "text/markdown", 19, 1795410165855],
  [BASELINE, "plots/roc.svg", "image/svg+xml", 64, 1795410165862],
  [DEEP, "model", "application/octet-stream", 100_000, 1795410165912],
  [DEEP, "данные ✓.edn", "application/edn", 21, 1795410165921],
  [DEEP, "empty", null, 0, 1795410165928],
] as const;

/** Asserts that a store has the runs, params, points and artifacts of the fixture. */
export async function assertHoldsAll(store: Store): Promise<void> {
  assert.deepEqual(await store.runs.list(), RUNS);
  assert.deepEqual(await store.runs.params(BASELINE), BASELINE_PARAMS);
  assert.deepEqual(await store.runs.params(DEEP), DEEP_PARAMS);
  assert.deepEqual(await store.runs.params(BROKEN), {});

  const loss = await store.metrics.points(BASELINE, "loss");
  assert.deepEqual(
    loss.map(({ value }) => value),
    Array.from({ length: 100 }, (_, i) => 1 / (i + 1)),
  );
  assert.deepEqual(loss.map(({ step }) => step), Array.from({ length: 100 }, (_, i) => i));
  const [acc] = await store.metrics.points(BASELINE, "acc");
  assert.deepEqual([acc!.value, acc!.step], [0.93, 0]);
  assert.equal((await store.metrics.points(BASELINE)).length, 101);
  assert.deepEqual(loss[0]!.timestamp, new Date(1795410165809));

  const artifacts = await store.artifacts.find({});
  assert.deepEqual(
    artifacts.map((a) => [a.runId, a.name, a.contentType, a.size, a.createdAt.getTime()]),
    ARTIFACTS,
  );
  for (const artifact of artifacts) {
    assert.equal((await artifact.bytes({ verify: true })).length, artifact.size);
  }
  const text = async (run: string, name: string) =>
    await (await store.artifacts.get(run, name)).text();
  assert.equal(await text(BASELINE, "model"), "weights v1");
  assert.equal(await text(BASELINE, "report.md"), "# Report\n\nacc 0.93\n");
  assert.equal(await text(DEEP, "данные ✓.edn"), "{:rows [[1 2] [3 4]]}");
  assert.match(await text(BASELINE, "plots/roc.svg"), /^<svg/);
}

/** Asserts that a store has the datasets, experiments and models of the fixture. */
export async function assertRegistered(store: Store): Promise<void> {
  assert.deepEqual(await store.runs.datasets(BASELINE), [{
    id: "87d4ec4f-d662-401c-aadc-739f1d9d5edb",
    role: "train",
    rows: 150,
    columns: 5,
    features: ["sepal-length", "sepal-width"],
    hash: null,
    source: "iris.csv",
    createdAt: new Date(1795410165936),
  }]);
  const [iris, mnist] = await store.experiments.list();
  assert.deepEqual([iris!.name, iris!.description, iris!.owner, iris!.runs], [
    "iris",
    "Fisher",
    "ana",
    1,
  ]);
  assert.deepEqual([mnist!.name, mnist!.description, mnist!.runs], ["mnist", null, 2]);
  const [model] = await store.models.list();
  assert.deepEqual([model!.name, model!.description], ["iris-classifier", "kNN"]);
  const versions = await store.models.versions("iris-classifier");
  assert.deepEqual(
    versions.map(({ version, runId, stage }) => [version, runId, stage]).sort(),
    [[1, BASELINE, "production"], [2, DEEP, "staging"]],
  );
  const inProduction = await store.models.load("iris-classifier", { stage: "production" });
  assert.equal(await inProduction.text({ verify: true }), "weights v1");
}

/** Asserts that a store verifies without a finding. */
export async function assertSound(store: Store): Promise<void> {
  const findings = [];
  for await (const finding of store.verify()) findings.push(finding);
  assert.deepEqual(findings, []);
}
