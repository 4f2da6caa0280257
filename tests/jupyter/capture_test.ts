/** What a notebook shows, stored as files. */
import assert from "node:assert/strict";
import * as Plot from "npm:@observablehq/plot@~0.6.17";
import { createCanvas } from "npm:@napi-rs/canvas@~0.1.100";
import { parseHTML } from "npm:linkedom@~0.18.15";
import { ArtifactExistsError, InvalidSourceError, openStore, type RunHandle } from "../../mod.ts";
import { assertHarmless, displayOf } from "../support/jupyter_helpers.ts";

const DISPLAY = Symbol.for("Jupyter.display");
const PNG = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
);
const SPEC = {
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  data: { values: [{ a: 1, b: 2 }, { a: 2, b: 3 }] },
  mark: "line",
  encoding: { x: { field: "a", type: "quantitative" }, y: { field: "b", type: "quantitative" } },
};

async function withRun(work: (run: RunHandle) => Promise<void>): Promise<void> {
  await using store = await openStore({ inMemory: true, driver: "builtin" });
  await work(await store.startRun({ environment: false }));
}

/** Stores a value; gives names and types, with all forms made. */
async function names(run: RunHandle, name: string, value: unknown): Promise<string[]> {
  const { artifacts, omitted } = await run.logDisplay(name, value);
  assert.deepEqual(omitted, []);
  return artifacts.map(({ name, contentType }) => `${name} ${contentType}`);
}

Deno.test("logDisplay() stores bytes of a picture under the extension of its format", () =>
  withRun(async (run) => {
    assert.deepEqual(await names(run, "plots/a", PNG), ["plots/a.png image/png"]);
    assert.deepEqual(await names(run, "b.png", PNG), ["b.png image/png"]);
    assert.deepEqual(await names(run, "c.jpg", PNG), ["c.jpg.png image/png"]);
    const jpeg = new Uint8Array([255, 216, 255, 224, 0]);
    assert.deepEqual(await names(run, "d.jpeg", jpeg), ["d.jpg image/jpeg"]);
    const { artifacts: [stored] } = await run.logDisplay("again", PNG);
    assert.deepEqual(await stored!.bytes(), PNG);
  }));

Deno.test("logDisplay() stores what a canvas shows", () =>
  withRun(async (run) => {
    const canvas = createCanvas(4, 4);
    canvas.getContext("2d").fillRect(0, 0, 2, 2);
    assert.deepEqual(await names(run, "native", canvas), ["native.png image/png"]);
    const ways = {
      toBuffer: { getContext() {}, toBuffer: (type: string) => type === "image/png" && PNG },
      convertToBlob: { getContext() {}, convertToBlob: () => Promise.resolve(new Blob([PNG])) },
      toDataURL: { toDataURL: () => `data:image/png;base64,${PNG.toBase64()}` },
      encode: { getContext() {}, encode: (format: string) => format === "png" && PNG },
      second: { encode: () => Promise.reject(new Error("no")), toBuffer: () => PNG },
    };
    for (const [way, value] of Object.entries(ways)) {
      assert.deepEqual(await names(run, way, value), [`${way}.png image/png`]);
    }
  }));

Deno.test("logDisplay() stores Observable plots, and makes an SVG a file that opens", () =>
  withRun(async (run) => {
    const { document } = parseHTML("<html></html>") as unknown as { document: never };
    const plot = Plot.plot({ document, marks: [Plot.lineY([1, 2, 3])] });
    assert.deepEqual(await names(run, "plot", plot), ["plot.svg image/svg+xml"]);
    const figure = Plot.plot({ document, title: "Loss", marks: [Plot.lineY([1, 2, 3])] });
    assert.deepEqual(await names(run, "figure", figure), ["figure.html text/html"]);
    const { artifacts: [bare] } = await run.logDisplay("bare", { outerHTML: "<svg><g/></svg>" });
    assert.equal(await bare!.text(), '<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>');
    const own = '<svg xmlns="http://www.w3.org/2000/svg" id="a"/>';
    const { artifacts: [kept] } = await run.logDisplay("own", { outerHTML: own });
    assert.equal(await kept!.text(), own);
  }));

Deno.test("logDisplay() stores a Vega-Lite plot as its spec and as a picture", () =>
  withRun(async (run) => {
    assert.deepEqual(await names(run, "loss", SPEC), [
      "loss.vl.json application/json",
      "loss.svg image/svg+xml",
    ]);
    const { artifacts: [spec, picture] } = await run.logDisplay("same.svg", {
      toSpec: () => SPEC,
    });
    assert.deepEqual(await spec!.json(), SPEC);
    assert.match(await picture!.text(), /^<svg[^>]*xmlns=.*<path/s);
    assert.deepEqual(
      await names(run, "full", {
        $schema: "https://vega.github.io/schema/vega/v6.json",
        width: 10,
        height: 10,
        marks: [],
      }),
      ["full.vg.json application/json", "full.svg image/svg+xml"],
    );
  }));

Deno.test("logDisplay() stores the spec of a plot that cannot be drawn, and says why", () =>
  withRun(async (run) => {
    const { artifacts, omitted } = await run.logDisplay("p", { ...SPEC, mark: "nothing" });
    assert.deepEqual(artifacts.map(({ name }) => name), ["p.vl.json"]);
    assert.deepEqual(omitted.map(({ form }) => form), [".svg"]);
    assert.match(omitted[0]!.error.message, /^Cannot draw the plot: /);
  }));

Deno.test("logDisplay() stores the forms in which a value shows itself", () =>
  withRun(async (run) => {
    const value = {
      [DISPLAY]: () =>
        Promise.resolve({
          "text/plain": "x",
          "text/html": ["<b>", "x</b>"],
          "image/png": PNG.toBase64(),
          "application/vnd.vegalite.v5+json": SPEC,
        }),
    };
    assert.deepEqual(await names(run, "it", value), [
      "it.html text/html",
      "it.png image/png",
      "it.vl.json application/json",
    ]);
    const comparison = await openStore({ inMemory: true, driver: "builtin" });
    try {
      assert.deepEqual(await names(run, "store", comparison), ["store.html text/html"]);
    } finally {
      await comparison.close();
    }
  }));

Deno.test("logDisplay() refuses what has no look, and stores nothing", () =>
  withRun(async (run) => {
    for (
      const value of [1, "text", null, undefined, {}, [1], new Uint8Array(9), { outerHTML: 1 }, {
        [DISPLAY]: () => ({ "text/plain": "x" }),
      }]
    ) {
      await assert.rejects(run.logDisplay("a", value), InvalidSourceError);
    }
    const { text } = await displayOf(run);
    assert.doesNotMatch(text, /Artifacts/);
  }));

Deno.test("logDisplay() keeps what is stored under its name, unless it is told otherwise", () =>
  withRun(async (run) => {
    await run.logDisplay("a", PNG);
    await assert.rejects(run.logDisplay("a.png", PNG), ArtifactExistsError);
    await run.logDisplay("a", PNG, { ifExists: "same" });
    const stopped = run.logDisplay("b", PNG, { signal: AbortSignal.abort() });
    await assert.rejects(stopped, { name: "AbortError" });
  }));

Deno.test("what logDisplay() gives shows itself", () =>
  withRun(async (run) => {
    const { artifacts } = await run.logDisplay("a", PNG);
    assertHarmless((await displayOf(artifacts)).html);
  }));

// The newest versions name a package for a platform that not every registry has.
const polars = await import("npm:nodejs-polars@0.10.0").then(
  ({ default: library }) => library,
  (error: Error) => error.message,
);
const withPolars = "logDisplay() stores a dataframe as CSV, or as Parquet by its name";
if (typeof polars === "string") Deno.test.ignore(`${withPolars} (skipped: ${polars})`, () => {});
else {
  Deno.test(withPolars, () =>
    withRun(async (run) => {
      const frame = polars.DataFrame({ a: [1, 2], b: ["x", "y"] });
      assert.deepEqual(await names(run, "frame", frame), ["frame.csv text/csv"]);
      const { artifacts: [parquet] } = await run.logDisplay("frame.parquet", frame);
      assert.equal(parquet!.name, "frame.parquet");
      assert.equal((await parquet!.text()).slice(0, 4), "PAR1");
      assert.match(
        (await displayOf((await run.logDisplay("f.csv", frame)).artifacts[0])).text,
        /a +b/,
      );
    }));
}
