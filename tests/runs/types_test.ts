/** What the types of params, metrics and tags take and refuse; `deno check` is most of the test. */
import assert from "node:assert/strict";
import { InvalidOptionError, type RunHandle } from "../../mod.ts";
import { inMemory } from "../support/helpers.ts";

interface Config {
  lr: number;
  layers?: number[];
  readonly schedule: { readonly milestones: readonly number[]; warmup?: { steps: number } };
}

interface Scores {
  loss: number;
  accuracy?: number;
}

interface Labels {
  owner: string;
  team?: string;
}

class Version {
  readonly #text = "1.2";
  toJSON(): string {
    return this.#text;
  }
}

const CONFIG: Config = { lr: 0.1, schedule: { milestones: [1, 2] } };

Deno.test("interfaces, optional members and readonly arrays are taken as params", () =>
  inMemory(async (store) => {
    const run = await store.run("r");
    await run.logParams(CONFIG);
    await run.logParams({
      config: CONFIG,
      seeds: [1, 2] as const,
      at: new Date(0),
      url: new URL("https://example.org/a"),
      version: new Version(),
      counts: new Map([["a", 1n]]),
      set: new Set(["a"]),
      big: 2n ** 70n,
      none: null,
    });
    const parsed: Record<string, unknown> = JSON.parse('{"parsed":[1]}');
    await run.logParams(parsed);
    const params = await run.params();
    assert.deepEqual([params.lr, params.layers], [0.1, undefined]);
    assert.deepEqual(params.schedule, { milestones: [1, 2] });
    assert.deepEqual(params.config, { lr: 0.1, schedule: { milestones: [1, 2] } });
    assert.deepEqual([params.url, params.version], ["https://example.org/a", "1.2"]);
    assert.deepEqual(params.parsed, [1]);
  }));

Deno.test("what cannot be a param is refused by types, and by its place", () =>
  inMemory(async (store) => {
    const run = await store.run("r");
    const refusals: [() => Promise<void>, RegExp][] = [
      // @ts-expect-error A function is no param.
      [() => run.logParams({ activation: Math.tanh }), /as param "activation": /],
      // @ts-expect-error Nor is a symbol.
      [() => run.logParams({ a: { b: [1, Symbol.iterator] } }), /as param "a", at b\.1: /],
      // @ts-expect-error Nor is a promise.
      [() => run.logParams({ data: { loaded: Promise.resolve(1) } }), /param "data", at loaded/],
      [() => run.logParams({ text: "a\0b" }), /param "text": .*U\+0000/],
      [() => run.logParams({ list: ["\ud800"] }), /param "list", at 0: .*valid Unicode/],
      [() => run.logParams({ "a\0b": 1 }), /the name of a param must not have/],
      [() => run.logParams({ map: { "k\0": 1 } }), /param "map": .*U\+0000/],
    ];
    for (const [refused, message] of refusals) {
      await assert.rejects(refused, (error: Error) => {
        assert.ok(error instanceof InvalidOptionError);
        assert.match(error.message, message);
        return true;
      });
    }
    assert.deepEqual(await run.params(), {});
  }));

Deno.test("interfaces are taken as metrics and as tags, optional members left out", () =>
  inMemory(async (store) => {
    const scores: Scores = { loss: 1 };
    const labels: Labels = { owner: "ana" };
    const run: RunHandle = await store.startRun({ tags: labels });
    run.log(scores);
    run.log({ loss: 2, accuracy: undefined });
    await run.logMetrics(scores);
    await store.metrics.log(run.id, scores);
    const points = await run.points();
    assert.deepEqual(points.map(({ key, value }) => [key, value]), [
      ["loss", 1],
      ["loss", 2],
      ["loss", 1],
      ["loss", 1],
    ]);
    const more: Labels = { owner: "bo", team: "b" };
    await run.setTags(more);
    await run.setTags({ team: null, owner: undefined });
    assert.deepEqual(await run.tags(), { owner: "bo" });
    await store.withRun({ tags: labels }, async (inner) => {
      assert.deepEqual(await inner.tags(), { owner: "ana" });
    });
  }));

Deno.test("metrics and tags of other types are refused by types, and when they are logged", () =>
  inMemory(async (store) => {
    const run = await store.run("r");
    // @ts-expect-error Text is no value.
    assert.throws(() => run.log({ loss: "1" }), InvalidOptionError);
    // @ts-expect-error A bigint is none.
    assert.throws(() => run.log({ loss: 1n }), InvalidOptionError);
    // @ts-expect-error Nor is null.
    assert.throws(() => run.log({ loss: null }), InvalidOptionError);
    // @ts-expect-error A list has no names.
    assert.throws(() => run.log([1]), InvalidOptionError);
    assert.throws(() => run.log({ "a\0": 1 }), InvalidOptionError);
    // @ts-expect-error A number is no tag.
    await assert.rejects(run.setTags({ owner: 1 }), InvalidOptionError);
    // @ts-expect-error A run starts without tags that are null.
    await assert.rejects(store.startRun({ tags: { owner: null } }), InvalidOptionError);
    await assert.rejects(run.setTags({ owner: "a\0" }), InvalidOptionError);
  }));

Deno.test("text that other programs would cut is refused, wherever it becomes a column", () =>
  inMemory(async (store) => {
    for (const odd of ["prod\0evil", "half \ud800"]) {
      for (const key of ["experiment", "name", "createdBy"] as const) {
        await assert.rejects(store.startRun({ [key]: odd }), (error: Error) => {
          assert.ok(error instanceof InvalidOptionError);
          return error.message.includes(key);
        });
      }
      await assert.rejects(store.startRun({ id: odd }));
      await assert.rejects(store.runs.setNote("r", odd), InvalidOptionError);
      await assert.rejects(store.experiments.describe("e", { owner: odd }), InvalidOptionError);
      await assert.rejects(store.experiments.describe(odd, {}), InvalidOptionError);
      await assert.rejects(store.runs.logDataset("r", { source: odd }), InvalidOptionError);
      await assert.rejects(store.models.describe("m", odd), InvalidOptionError);
    }
    const ended = await store.runs.end("r", { error: "no\0 luck" });
    assert.equal(ended.error, "no\uFFFD luck");
  }));
