import assert from "node:assert/strict";
import { posix, win32 } from "node:path";
import fc from "npm:fast-check@~4.11.0";
import { join } from "@std/path";
import { assertArtifactName, fold, unsafePath } from "../../src/names/names.ts";
import { inMemory, sha256 } from "../support/helpers.ts";

/** The same cases on each run. */
const SEED = 20_240_229;

/** What dangerous names are made of. */
const piece = fc.oneof(
  fc.constantFrom("..", ".", "/", "//", "\\", "C:", "~", "a", "con", "nul.", " ", "\0", "%2e", ":"),
  fc.string({ unit: "grapheme", maxLength: 4 }),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const anyName = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
const validName = anyName.filter(isValid);

function isValid(name: string): boolean {
  try {
    assertArtifactName(name);
    return true;
  } catch {
    return false;
  }
}

Deno.test("assertArtifactName() passes only names that stay below a directory anywhere", () => {
  let passed = 0;
  fc.assert(
    fc.property(anyName, (name) => {
      if (!isValid(name)) return;
      passed++;
      assert.equal(posix.resolve("/store/r", name), `/store/r/${name}`);
      const windows = win32.resolve("D:\\store\\r", name);
      assert.equal(windows, `D:\\store\\r\\${name.replaceAll("/", "\\")}`);
      assert.equal(unsafePath(`r/${name}`), undefined);
    }),
    { seed: SEED, numRuns: 5000 },
  );
  assert.ok(passed > 500, `${passed}`);
});

Deno.test("unsafePath() passes only paths that stay below a directory anywhere", () => {
  let passed = 0;
  fc.assert(
    fc.property(anyName, (path) => {
      if (unsafePath(path) !== undefined) return;
      passed++;
      assert.equal(posix.resolve("/store", path), `/store/${path}`);
      assert.ok(win32.resolve("D:\\store", path).startsWith("D:\\store\\"));
    }),
    { seed: SEED, numRuns: 5000 },
  );
  assert.ok(passed > 500, `${passed}`);
});

Deno.test("fold() gives one form to all that differ by case or normalisation alone", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (name) => {
      const folded = fold(name);
      const forms = [folded, name.toLowerCase(), name.toUpperCase(), name];
      for (const form of forms) {
        assert.equal(fold(form.normalize("NFC")), folded);
        assert.equal(fold(form.normalize("NFD")), folded);
      }
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

Deno.test("put() and get() give back any bytes under any valid name", () =>
  inMemory(async (store) => {
    await fc.assert(
      fc.asyncProperty(validName, fc.uint8Array({ maxLength: 300 }), async (name, given) => {
        const bytes = new Uint8Array(given);
        const run = await store.startRun();
        const stored = await run.put(name, bytes);
        assert.equal(stored.size, bytes.length);
        assert.equal(stored.hash, await sha256(bytes));
        const found = await store.artifacts.get(run.id, name);
        assert.equal(found.name, name);
        assert.deepEqual(await found.bytes({ verify: true }), bytes);
        assert.deepEqual(await Deno.readFile(join(store.artifactDir!, run.id, name)), bytes);
      }),
      { seed: SEED, numRuns: 150 },
    );
  }));

Deno.test("put() takes any two names of one run, or refuses the second and leaves it out", () =>
  inMemory(async (store) => {
    const short = fc.array(fc.constantFrom("a", "A", "b", "é", "e\u0301", "ß", "ss"), {
      minLength: 1,
      maxLength: 3,
    }).map((segments) => segments.join("/"));
    await fc.assert(
      fc.asyncProperty(short, short, async (first, second) => {
        const run = await store.startRun();
        await run.put(first, "1");
        const [one, other] = [fold(first) + "/", fold(second) + "/"];
        const apart = !one.startsWith(other) && !other.startsWith(one);
        if (apart) await run.put(second, "2");
        else await assert.rejects(run.put(second, "2"));
        assert.equal((await store.artifacts.list(run.id)).length, apart ? 2 : 1);
        assert.equal(await (await store.artifacts.get(run.id, first)).text(), "1");
      }),
      { seed: SEED, numRuns: 150 },
    );
  }));
