/** What the types of `put` take and refuse; `deno check` is most of the test. */
import assert from "node:assert/strict";
import { toFileUrl } from "@std/path";
import { InvalidSourceError, type JsonValue, type PutSource } from "../../mod.ts";
import { inMemory, testOnOwnFiles } from "../support/helpers.ts";

interface Config {
  lr: number;
  layers?: number[];
  readonly schedule: { readonly milestones: readonly number[]; warmup?: { steps: number } };
}

class Version {
  readonly #text = "1.2";
  toJSON(): string {
    return this.#text;
  }
}

const CONFIG: Config = { lr: 0.1, schedule: { milestones: [1, 2] } };

Deno.test("put() takes interfaces, optional members, readonly arrays, dates and toJSON as JSON", () =>
  inMemory(async (store) => {
    const run = await store.run("r");
    const configs: readonly Config[] = [CONFIG];
    const parsed: unknown = JSON.parse('{"parsed":[1]}');
    const record: Record<string, unknown> = { parsed };
    const stored = [
      await run.put("config", CONFIG),
      await run.put("configs", configs),
      await run.put("date", new Date(0)),
      await run.put("version", new Version()),
      await run.put("all", { at: new Date(0), version: new Version(), none: null, config: CONFIG }),
      await run.put("list", [1, "a", null, { b: undefined }] as const),
      await store.artifacts.put("r", "parsed", parsed),
      await store.artifacts.put("r", "record", record),
    ];
    assert.deepEqual(await stored[0]!.json(), CONFIG);
    assert.deepEqual(await stored[1]!.json(), [CONFIG]);
    assert.deepEqual(await stored[2]!.json(), "1970-01-01T00:00:00.000Z");
    assert.deepEqual(await stored[3]!.json(), "1.2");
    assert.deepEqual(await stored[5]!.json(), [1, "a", null, {}]);
    assert.deepEqual(await stored[7]!.json(), { parsed: { parsed: [1] } });
  }));

Deno.test("put() takes every kind of bytes, and the union of all", () =>
  inMemory(async (store) => {
    const run = await store.run("r");
    const json: JsonValue = { a: [1] };
    const any: PutSource = "text";
    await run.put("text", "text");
    await run.put("bytes", new Uint8Array([1]));
    await run.put("floats", new Float32Array([1]));
    await run.put("buffer", new ArrayBuffer(1));
    await run.put("blob", new Blob(["a"]));
    await run.put("response", new Response("a"));
    await run.put("stream", new Blob(["a"]).stream());
    await run.put("json", json);
    await run.put("any", any);
    assert.equal((await run.list()).length, 9);
  }));

Deno.test("put() refuses what has no JSON form by its type, and by its place", () =>
  inMemory(async (store) => {
    const run = await store.run("r");
    const refusals: [() => Promise<unknown>, RegExp][] = [
      // @ts-expect-error A Map has no JSON form.
      [() => run.put("a", new Map([["a", 1]])), /type Map has no JSON form/],
      // @ts-expect-error Nor has a Set, deep inside.
      [() => run.put("a", { b: [{ c: new Set() }] }), /type Set, at \.b\[0\]\.c, has no/],
      // @ts-expect-error Nor has a bigint.
      [() => run.put("a", { b: 1n }), /type BigInt, at \.b, has no JSON form/],
      // @ts-expect-error Nor has a function.
      [() => run.put("a", { b: () => 1 }), /type function, at \.b, has no JSON form/],
      // @ts-expect-error Nor has a symbol.
      [() => run.put("a", { b: Symbol("c") }), /type symbol, at \.b, has no JSON form/],
      [() => run.put("a", { b: NaN }), /type NaN, at \.b, has no JSON form/],
      [() => run.put("a", { b: [1n] } as unknown), /type BigInt, at \.b\[0\], has no JSON form/],
    ];
    for (const [put, message] of refusals) {
      await assert.rejects(put, (error: Error) => {
        assert.ok(error instanceof InvalidSourceError, String(error));
        assert.match(error.message, message);
        return true;
      });
    }
    assert.deepEqual(await run.list(), []);
  }));

testOnOwnFiles(
  "an artifact has a URL, and by its type not always a file",
  () =>
    inMemory(async (store) => {
      const run = await store.run("r");
      const artifact = await run.put("a", "text");
      // @ts-expect-error Another store may keep bytes elsewhere than in files.
      const path: string = artifact.filePath;
      assert.equal(await Deno.readTextFile(path), "text");
      assert.equal(artifact.url, toFileUrl(path).href);
    }),
);
