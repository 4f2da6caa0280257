import assert from "node:assert/strict";
import { join } from "@std/path";
import { InvalidNameError, type NameRule } from "../../mod.ts";
import { assertArtifactName, assertRunId, unsafePath } from "../../src/names/names.ts";
import { assertEmpty, inMemory } from "../support/helpers.ts";

type Bad = readonly [name: unknown, rule: NameRule];

/** 1,024 bytes in segments that are short enough. */
const LONGEST = Array(5).fill("n".repeat(204)).join("/");

/** Unsafe wherever a path is made of them, be it of a run id, a name or a row. */
const UNSAFE: Bad[] = [
  ["", "empty"],
  ["/", "absolute"],
  ["/etc/passwd", "absolute"],
  ["//server/share", "absolute"],
  ["..", "dot-segment"],
  ["../up", "dot-segment"],
  ["a/../../up", "dot-segment"],
  ["a/..", "dot-segment"],
  [".", "dot-segment"],
  ["./a", "dot-segment"],
  ["a/./b", "dot-segment"],
  ["a//b", "empty-segment"],
  ["a/", "empty-segment"],
  ["a\0b", "control-character"],
  ["a\nb", "control-character"],
  ["a\tb", "control-character"],
  ["a\x1b[2Jb", "control-character"],
  ["a\x7fb", "control-character"],
  ["a\x85b", "control-character"],
  ["a\x9fb", "control-character"],
  ["a\u2028b", "control-character"],
  ["a\u2029b", "control-character"],
  ["a\ud83d", "lone-surrogate"],
  ["\ude80b", "lone-surrogate"],
  ["\ude80\ud83d", "lone-surrogate"],
  ["a\\b", "backslash"],
  ["..\\up", "backslash"],
  ["\\\\server\\share", "backslash"],
  ["C:x", "drive-or-scheme"],
  ["c:/x", "drive-or-scheme"],
  ["http://x", "drive-or-scheme"],
  ["file:x", "drive-or-scheme"],
  ["git+ssh:x", "drive-or-scheme"],
];

/** Shown as another name, or taken for an option. */
const DECEPTIVE: Bad[] = [
  ["photo\u202egnp.exe", "bidirectional-control"],
  ["a\u200eb", "bidirectional-control"],
  ["a\u2066b", "bidirectional-control"],
  ["a\u061cb", "bidirectional-control"],
  ["model\u200b.bin", "invisible-character"],
  ["a\u200db", "invisible-character"],
  ["\u200ca", "invisible-character"],
  ["a\u00adb", "invisible-character"],
  ["a\u2060b", "invisible-character"],
  ["\ufeffa", "invisible-character"],
  ["a\u3164", "invisible-character"],
  ["a\u{e0041}", "invisible-character"],
  ["-rf", "leading-dash"],
  ["--db=x", "leading-dash"],
  ["-", "leading-dash"],
];

/** Fine here, but not on every system that a store may be copied to. */
const UNPORTABLE: Bad[] = [
  ...Array.from('<>"|?*', (character): Bad => [`a${character}b`, "forbidden-character"]),
  ["1:2", "forbidden-character"],
  ["stream.txt ", "trailing-dot-or-space"],
  ["a.", "trailing-dot-or-space"],
  ["a ", "trailing-dot-or-space"],
  [" ", "trailing-dot-or-space"],
  ["...", "trailing-dot-or-space"],
  ["CON", "reserved"],
  ["con", "reserved"],
  ["nul.txt", "reserved"],
  ["com1", "reserved"],
  ["LPT9.log", "reserved"],
  ["COM¹.x", "reserved"],
  ["lpt³", "reserved"],
  ["aux.tar.gz", "reserved"],
  ["PRN .txt", "reserved"],
  ["CONIN$", "reserved"],
  ["conout$.txt", "reserved"],
  ["n".repeat(256), "segment-too-long"],
  ["é".repeat(128), "segment-too-long"],
  ["🚀".repeat(64), "segment-too-long"],
];

const NESTED: Bad[] = [
  ["a/-b", "leading-dash"],
  ["a./b", "trailing-dot-or-space"],
  ["a /b", "trailing-dot-or-space"],
  ["a/nul", "reserved"],
  ["nul.d/a", "reserved"],
  ["a/b:c", "forbidden-character"],
  [`a/${"n".repeat(256)}/b`, "segment-too-long"],
  [`${LONGEST}n`, "too-long"],
];

const NOT_TEXT: Bad[] = [undefined, null, 5, true, 5n, {}, ["a"], new URL("file:///a"), Symbol("a")]
  .map((value) => [value, "not-text"]);

const BAD_NAMES = [...UNSAFE, ...DECEPTIVE, ...UNPORTABLE, ...NESTED, ...NOT_TEXT];

const BAD_RUN_IDS: Bad[] = [
  ...UNSAFE,
  ...DECEPTIVE,
  ...UNPORTABLE,
  ...NOT_TEXT,
  ["a/b", "several-segments"],
  [".staging", "reserved"],
  [".STAGING", "reserved"],
  [".ſtaging", "reserved"],
];

const GOOD_SEGMENTS = [
  "naïve",
  "日本語",
  "नमस्ते",
  "🚀.bin",
  "👩‍🔬",
  "n".repeat(255),
  "é".repeat(127),
  ".hidden",
  "a b",
  " lead",
  "console",
  "con1",
  "nul1.txt",
  "com10",
  "x.con",
  "..a",
  "a..b",
  "...x",
  "a-b",
  "❤️.png",
  "می‌خواهم",
  "क्‍ष",
  "~",
  "$HOME",
  "%2e%2e",
  "#1;&'=@!(){}[]",
];

/** Asserts the refusal that a bad name must meet. */
function refused(value: unknown, rule: NameRule): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof InvalidNameError, `${error}`);
    assert.equal(error.rule, rule);
    assert.equal(error.value, value);
    assert.equal(error.code, "invalid-name");
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(error.message, /[\0-\x1f]/);
    return true;
  };
}

function shown(value: unknown): string {
  return Deno.inspect(value, { strAbbreviateSize: 40 });
}

for (const [name, rule] of BAD_NAMES) {
  Deno.test(`assertArtifactName() refuses ${shown(name)} as ${rule}`, () => {
    assert.throws(() => assertArtifactName(name), refused(name, rule));
  });
}

for (const [id, rule] of BAD_RUN_IDS) {
  Deno.test(`assertRunId() refuses ${shown(id)} as ${rule}`, () => {
    assert.throws(() => assertRunId(id), refused(id, rule));
  });
}

Deno.test("assertArtifactName() refuses an object that has no text form", () => {
  const bare = Object.create(null);
  assert.throws(() => assertArtifactName(bare), refused(bare, "not-text"));
});

Deno.test("unsafePath() refuses what leads elsewhere, and not what is merely unportable", () => {
  for (const [path] of UNSAFE) assert.equal(typeof unsafePath(path), "string", shown(path));
  for (const path of [".staging/x", ".Staging/x", ".staging"]) {
    assert.equal(typeof unsafePath(path), "string", path);
  }
  for (const path of ["r/nul.txt", "r/a?", "r/a.", "r/.staging", ...GOOD_SEGMENTS]) {
    assert.equal(unsafePath(path), undefined, path);
  }
});

Deno.test("put() refuses every bad name and leaves nothing behind", () =>
  inMemory(async (store) => {
    for (const [name, rule] of BAD_NAMES) {
      await assert.rejects(store.artifacts.put("r", name as string, "text"), refused(name, rule));
    }
    await assertEmpty(store);
  }));

Deno.test("put() refuses every bad run id and leaves nothing behind", () =>
  inMemory(async (store) => {
    for (const [id, rule] of BAD_RUN_IDS) {
      await assert.rejects(store.artifacts.put(id as string, "name", "text"), refused(id, rule));
    }
    await assertEmpty(store);
  }));

Deno.test("startRun() refuses every bad id and leaves nothing behind", () =>
  inMemory(async (store) => {
    for (const [id, rule] of BAD_RUN_IDS.filter(([id]) => id !== undefined)) {
      await assert.rejects(store.startRun({ id: id as string }), refused(id, rule));
    }
    assert.deepEqual((await store.runs.list()).map(({ id }) => id), ["r"]);
    await assertEmpty(store);
  }));

Deno.test("put() stores every good name as it is given, at its place on disk", () =>
  inMemory(async (store) => {
    const nested = ["plots/roc.png", "a/.staging/b", "cafe\u0301/menu", LONGEST];
    for (const name of [...GOOD_SEGMENTS, ...nested]) {
      const stored = await store.artifacts.put("r", name, `of ${name}`);
      assert.equal(stored.name, name);
      assert.equal(await Deno.readTextFile(join(store.artifactDir!, "r", name)), `of ${name}`);
      assert.equal(await (await store.artifacts.get("r", name)).text(), `of ${name}`);
    }
  }));

Deno.test("startRun() takes every good id, and its artifacts lie in a directory of that name", () =>
  inMemory(async (store) => {
    for (const id of GOOD_SEGMENTS) {
      const run = await store.startRun({ id });
      assert.equal(run.id, id);
      await run.put("a", id);
      assert.equal(await Deno.readTextFile(join(store.artifactDir!, id, "a")), id);
    }
  }));
