/** Nothing that comes from a user is taken for HTML, whatever it is and wherever it stands. */
import assert from "node:assert/strict";
import fc from "npm:fast-check@~4.11.0";
import { openStore, type Run } from "../../mod.ts";
import { displayable } from "../../src/display/displayable.ts";
import type { Kind } from "../../src/display/displayable.ts";
import { assertHarmless, displayOf } from "../support/jupyter_helpers.ts";

const ATTACKS = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  "</td></table></style></pre><svg onload=alert(1)>",
  "<!--",
  "]]>",
  "${alert(1)}",
  "&lt;script&gt;",
  "[x](javascript:alert(1))",
  "<iframe srcdoc='<script>'>",
  "\ud800",
  "__proto__",
  "constructor",
];

const hostile = fc.array(
  fc.oneof(fc.constantFrom(...ATTACKS), fc.string({ unit: "binary", maxLength: 12 })),
  { minLength: 1, maxLength: 3 },
).map((parts) => parts.join(""));

const record = fc.record({
  id: hostile,
  runId: hostile,
  name: hostile,
  path: hostile,
  contentType: fc.option(hostile),
  size: fc.oneof(fc.nat(), fc.constant(NaN)),
  hash: hostile,
  createdAt: fc.date({ noInvalidDate: false }),
});

const run = fc.record({
  id: hostile,
  experiment: hostile,
  name: fc.option(hostile),
  status: hostile as fc.Arbitrary<Run["status"]>,
  startTime: fc.date({ noInvalidDate: false }),
  endTime: fc.option(fc.date({ noInvalidDate: false })),
  error: fc.option(hostile),
  tags: fc.dictionary(hostile, hostile),
  parentId: fc.option(hostile),
  createdBy: fc.option(hostile),
  environment: fc.constant(null),
});

const number = fc.double();
const summary = fc.record({
  key: hostile,
  count: fc.nat(),
  last: number,
  step: fc.integer(),
  min: number,
  max: number,
});
const error = hostile.map((message) => new Error(message));
const failure = fc.record({ artifact: record, error });
const place = { path: hostile, artifactDir: hostile };
const count = fc.nat();
const time = fc.date();
const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 });

const curve = fc.record({
  key: hostile,
  steps: some(number).map((steps) => Float64Array.from(steps)),
  values: some(number).map((values) => Float64Array.from(values)),
  times: fc.constant(new Float64Array()),
  logged: count,
  nonFinite: count,
});

/** Kinds of plain values: the others are objects of an open store, with tests of their own. */
type PlainKind = Exclude<Kind, "store" | "handle" | "artifact" | "verification">;

const VALUES: Record<PlainKind, fc.Arbitrary<object>> = {
  run,
  runs: some(run),
  artifacts: some(record),
  comparison: fc.record({
    runs: fc.tuple(run, run),
    params: some(fc.record({
      key: hostile,
      values: fc.tuple(hostile, fc.dictionary(hostile, hostile)),
      differs: fc.boolean(),
    })),
    metrics: some(fc.record({
      key: hostile,
      values: fc.tuple(fc.option(summary, { nil: undefined }), summary),
      differs: fc.boolean(),
    })),
  }),
  curve,
  plot: fc.record({
    key: hostile,
    log: fc.boolean(),
    lines: some(fc.record({ run, curve })),
  }),
  metrics: some(fc.record({ key: hostile, value: number, step: count, timestamp: time })),
  summary: some(summary),
  datasets: some(fc.record({
    id: hostile,
    role: hostile,
    rows: fc.option(count),
    columns: fc.option(count),
    features: fc.constant(null),
    hash: fc.option(hostile),
    source: fc.option(hostile),
    createdAt: time,
  })),
  experiments: some(fc.record({
    name: hostile,
    description: fc.option(hostile),
    owner: fc.option(hostile),
    runs: count,
    lastRun: fc.option(time),
  })),
  models: some(fc.record({
    name: hostile,
    description: fc.option(hostile),
    createdAt: time,
    versions: count,
    production: fc.option(count),
  })),
  versions: some(fc.record({
    model: hostile,
    version: count,
    runId: hostile,
    artifactId: hostile,
    stage: hostile,
    description: fc.option(hostile),
    createdAt: time,
  })),
  info: fc.record({
    location: fc.record({
      database: fc.option(hostile, { nil: undefined }),
      artifacts: hostile,
    }),
    driver: fc.constant("builtin"),
    runs: fc.dictionary(hostile, count),
    experiments: count,
    artifacts: count,
    bytes: count,
    fileBytes: fc.option(count, { nil: undefined }),
    databaseBytes: fc.option(count, { nil: undefined }),
  }),
  verified: fc.record({
    artifacts: count,
    bytes: count,
    hashed: count,
    damaged: count,
    leftovers: count,
    foreign: count,
  }),
  gc: fc.record({
    dryRun: fc.boolean(),
    removed: some(fc.record({ kind: fc.constant("orphan"), path: hostile, bytes: count })),
    bytes: count,
    failed: some(fc.record({ path: hostile, error })),
    foreign: some(hostile),
  }),
  dedup: fc.record({
    dryRun: fc.boolean(),
    shared: some(record),
    bytes: count,
    unshared: some(record),
    failed: some(failure),
  }),
  prune: fc.record({ dryRun: fc.boolean(), removed: some(run), kept: some(run) }),
  backup: fc.record({
    ...place,
    artifacts: count,
    bytes: count,
    copied: count,
    copiedBytes: count,
    linked: count,
    omitted: some(failure),
    check: fc.constant(undefined),
  }),
  restore: fc.record({
    ...place,
    database: fc.boolean(),
    setAside: fc.constant(undefined),
    restored: some(record),
    bytes: count,
    failed: some(failure),
  }),
  import: fc.record({
    runs: some(fc.record({ id: hostile, archivedId: hostile, imported: fc.boolean() })),
    artifacts: count,
    bytes: count,
  }),
};

for (const [kind, values] of Object.entries(VALUES) as [PlainKind, fc.Arbitrary<object>][]) {
  Deno.test(`a display of kind "${kind}" escapes all that it is given`, async () => {
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        const { text, html } = await displayOf(displayable(value, kind));
        assertHarmless(html);
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
        assert.ok(text.isWellFormed() && html.isWellFormed());
        assert.doesNotMatch(html, /<pre>/, "the display has failed");
      }),
      { numRuns: 60 },
    );
  });
}

const CONTENTS: [name: string, (text: string) => string][] = [
  ["a.csv", (text) => `a,"${text.replaceAll('"', '""')}"\n${text},2\n`],
  ["a.tsv", (text) => `a\t${text}\n${text}\t2\n`],
  ["rows.json", (text) => JSON.stringify([{ [text]: text }, { a: { [text]: text } }])],
  ["object.json", (text) => JSON.stringify({ [text]: text, list: [text] })],
  ["list.json", (text) => JSON.stringify([text, 1])],
  ["broken.json", (text) => `{"a": ${text}`],
  ["a.md", (text) => `# ${text}\n\n${text}\n\n[a](${text}) ![b](${text} "${text}")\n\n<${text}>\n`],
  ["a.html", (text) => `<b>${text}</b>`],
  ["a.svg", (text) => `<svg xmlns="http://www.w3.org/2000/svg">${text}</svg>`],
  ["a.log", (text) => text],
  ["a.png", (text) => text],
  ["a.wav", (text) => text],
  ["a.bin", (text) => text],
];

for (const [name, make] of CONTENTS) {
  Deno.test(`a display of an artifact such as ${name} lets nothing of it run`, async () => {
    await using store = await openStore({ inMemory: true, driver: "builtin" });
    const { id } = await store.startRun({ environment: false });
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const content = make(text).toWellFormed();
        const artifact = await store.artifacts.put(id, name, content, { ifExists: "replace" });
        assertHarmless((await displayOf(artifact)).html);
      }),
      { numRuns: 25 },
    );
  });
}

Deno.test("a display shows hostile text as it is", async () => {
  await using store = await openStore({ inMemory: true, driver: "builtin" });
  for (const [at, attack] of ATTACKS.filter((attack) => attack.isWellFormed()).entries()) {
    const run = await store.startRun({ id: `r${at}`, name: attack, tags: { note: attack } });
    await run.logParams({ [`<b>${at}`]: attack });
    await run.logMetrics({ [attack]: 1 });
    await run.logMetrics({ [attack]: 2 });
    const text = assertHarmless((await displayOf(run)).html);
    assert.ok(text.split(attack).length > 3, attack);
  }
});
