import assert from "node:assert/strict";
import { opened, packed, streamOf, tar } from "../support/archive_helpers.ts";
import { assertRefused, withArchive } from "../support/import_hostile_helpers.ts";

// deno-lint-ignore no-explicit-any
type Change = (manifest: any, run: any) => unknown;

/** What is done to a manifest; its files are what they were. */
const MANIFESTS: Record<string, Change> = {
  "of a newer version": (manifest) => manifest.version = 2,
  "of no version": (manifest) => delete manifest.version,
  "of another format": (manifest) => manifest.format = "other",
  "with more than it should have": (manifest) => manifest.more = 1,
  "whose runs are none": (manifest) => manifest.runs = {},
  "with a run twice": (manifest, run) => manifest.runs.push(run),
  "with runs that differ by case": (manifest, run) =>
    manifest.runs.push({ ...run, id: "R", artifacts: [] }),
  "with a run of its own name": (_, run) => run.id = "CHACHAML-runs.json",
  "with more in a run": (_, run) => run.more = 1,
  "without a run's status": (_, run) => delete run.status,
  "with a run's name as a number": (_, run) => run.name = 7,
  "with a time that is none": (_, run) => run.startTime = "soon",
  "with a time that no Date has": (_, run) => run.startTime = 9e15,
  "with an end that no Date has": (_, run) => run.endTime = -9e15,
  "with part of a millisecond": (_, run) => run.startTime += 0.5,
  "with a param twice": (_, run) => run.params.push(run.params[0]),
  "with a param of three": (_, run) => run.params[0].push("x"),
  "with a tag as a number": (_, run) => run.tags.push(["a", 1]),
  "with a metric twice": (_, run) => run.metrics.push(run.metrics[0]),
  "with a metric that is text": (_, run) => run.metrics[0].values[0] = "0x10",
  "with a metric that is nothing": (_, run) => run.metrics[0].values[0] = null,
  "with columns of other lengths": (_, run) => run.metrics[0].steps.push(1),
  "with half a step": (_, run) => run.metrics[0].steps[0] = 0.5,
  "with a point at no time": (_, run) => run.metrics[0].times[0] = 9e15,
  "with an artifact twice": (_, run) => run.artifacts.push(run.artifacts[0]),
  "with an artifact's id twice": (_, run) => run.artifacts[1].id = run.artifacts[0].id,
  "with no artifact's id": (_, run) => run.artifacts[0].id = "",
  "with a size below 0": (_, run) => run.artifacts[0].size = -1,
  "with a size that is none": (_, run) => run.artifacts[0].size = "17",
  "with a hash in upper case": (_, run) =>
    run.artifacts[0].hash = run.artifacts[0].hash.toUpperCase(),
  "with a hash cut short": (_, run) => run.artifacts[0].hash = run.artifacts[0].hash.slice(1),
  "with an artifact at no time": (_, run) => run.artifacts[0].createdAt = 9e15,
  "with names that differ by case": (_, run) =>
    run.artifacts.push({ ...run.artifacts[0], id: "new", name: "A.TXT" }),
  "with a name that is a directory too": (_, run) =>
    run.artifacts.push({ ...run.artifacts[0], id: "new", name: "deep" }),
  "with the same dataset's and artifact's id": (_, run) =>
    run.datasets.push({
      id: run.artifacts[0].id,
      role: "train",
      rows: null,
      columns: null,
      features: null,
      hash: null,
      source: null,
      createdAt: 0,
    }),
};

const BAD_IDS = [
  ".staging",
  ".STAGING",
  "..",
  ".",
  "",
  "a/b",
  "/a",
  "a\\b",
  "c:",
  "nul",
  "a\u0000",
];
const BAD_NAMES = [
  "..",
  "../a",
  "a/../b",
  "/a",
  "a//b",
  "a/",
  "",
  "a\\b",
  "c:/a",
  "a:b",
];

/** Refused for the manifest, before any member is looked at. */
const FOR_THE_MANIFEST = /^(?!.*(not in its manifest|is missing|manifest says|damaged$|be read))/;

Deno.test("import() refuses a manifest that is not what it should be", async (step) => {
  await withArchive(async (fixture) => {
    const { manifest, files } = opened(fixture.archive);
    const [first] = files;
    const refused = (what: string, change: Change) =>
      step.step(what, async () => {
        const changed = structuredClone(manifest);
        const [run] = changed.runs;
        change(changed, run);
        // So that members fit, too, as far as there can be such ones.
        const members = run.artifacts.map(({ name }: { name: string }, at: number) => ({
          ...files[at] ?? first!,
          name: `${run.id}/${name}`,
        }));
        await assertRefused(fixture, packed(changed, members), FOR_THE_MANIFEST);
      });
    for (const [what, change] of Object.entries(MANIFESTS)) await refused(what, change);
    for (const id of BAD_IDS) await refused(`run ${Deno.inspect(id)}`, (_, run) => run.id = id);
    for (const name of BAD_NAMES) {
      await refused(`name ${Deno.inspect(name)}`, (_, run) => run.artifacts[0].name = name);
    }
  });
});

Deno.test("import() refuses what does not start with a manifest", () =>
  withArchive(async (fixture) => {
    const { manifest, files } = opened(fixture.archive);
    const first = { name: "chachaml-runs.json", body: JSON.stringify(manifest) };
    const refused = (archive: Uint8Array, words: RegExp) => assertRefused(fixture, archive, words);
    await refused(tar(files), /does not start with chachaml-runs\.json/);
    await refused(tar([...files, first]), /does not start with/);
    await refused(tar([{ ...first, name: "CHACHAML-runs.json" }, ...files]), /does not start/);
    await refused(tar([]), /does not start with/);
    await refused(tar([{ ...first, type: "2", body: "" }]), /is a symlink/);
    for (const body of ["", "{", "null", "[]", "7", "\ufeff{}", "[".repeat(100_000)]) {
      await refused(tar([{ ...first, body }, ...files]), /not JSON|is damaged at/);
    }
    const invalid = new Uint8Array([0x22, 0xff, 0x22]);
    await refused(tar([{ ...first, body: invalid }, ...files]), /not JSON/);
    for (const text of ["", "no archive at all", "x".repeat(5000)]) {
      await refused(new TextEncoder().encode(text), /is not an archive of runs/);
    }
    // Where nothing ever ends, the first block says that it is no archive.
    let given = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(given += 100)),
    }, { highWaterMark: 0 });
    await assert.rejects(fixture.there.import(endless), /is not an archive of runs/);
    assert.ok(given < 2000);
    const zipped = new Response(
      new Blob([fixture.archive]).stream().pipeThrough(new CompressionStream("gzip")),
    );
    const bytes = new Uint8Array(await zipped.arrayBuffer());
    await refused(bytes.slice(0, -100), /cannot be read: its compressed data is damaged/);
    await refused(new Uint8Array(20_000), /is not an archive of runs/);
    await assert.rejects(fixture.there.import("runs.tar" as never), {
      name: "InvalidOptionError",
      message: 'Cannot import: pass the bytes of the archive as a ReadableStream, not "runs.tar"',
    });
    await refused(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0), /is compressed, by zstd; .*zstdcat/);
  }));

Deno.test("import() takes nothing for itself of what a manifest says of prototypes", () =>
  withArchive(async ({ there, archive }) => {
    const { manifest, files } = opened(archive);
    const body = JSON.stringify(manifest).replace(
      '"version":',
      '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"version":',
    ).replace('"params":[', '"params":[["__proto__","{:polluted 1}"],["constructor","1"],')
      .replace('"tags":[', '"tags":[["__proto__","x"]')
      .replace('"startTags":"{', '"startTags":"{\\"__proto__\\" \\"x\\" ');
    await there.import(streamOf(tar([{ name: "chachaml-runs.json", body }, ...files])))
      .catch((error) => assert.equal(error.code, "archive"));
    assert.equal(({} as { polluted?: number }).polluted, undefined);
    for (const run of await there.runs.list()) {
      assert.equal(Object.getPrototypeOf(run.tags), Object.prototype);
      await there.runs.params(run.id);
    }
  }));

Deno.test("import() takes up text that is no EDN, which nobody stumbles over", () =>
  withArchive(async ({ there, archive }) => {
    const { manifest, files } = opened(archive);
    const [run] = manifest.runs;
    const changed = {
      ...run,
      params: [["p", "#=(evil"]],
      startTags: "{{{",
      environment: ")",
      status: "odd\u001b[2J",
    };
    await there.import(streamOf(packed({ ...manifest, runs: [changed] }, files)));
    const runs = await there.runs.list();
    assert.equal(runs.length, 2);
    assert.equal(String((await there.runs.params("r")).p), "#=(evil");
    await there.runs.remove("r");
  }));
