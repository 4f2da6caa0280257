import assert from "node:assert/strict";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { join } from "@std/path";
import { ChachamlError, DamagedRowError, type Store, UnsafePathError } from "../../mod.ts";
import { inTempDir, openIn, tree } from "../support/helpers.ts";
import { leaveReplacement } from "../support/replacement_helpers.ts";

const SECRET = "not the store's";

/** Changes rows behind the store's back, as another program could. */
function execute(dir: string, sql: string, ...values: SQLInputValue[]): void {
  const database = new DatabaseSync(join(dir, "t.db"));
  try {
    database.prepare(sql).run(...values);
  } finally {
    database.close();
  }
}

/** Gives a test a store with the artifacts `good` and `bad`, and a file outside it. */
function withRows(work: (store: Store, dir: string, outside: string) => Promise<void>) {
  return inTempDir(async (dir) => {
    const outside = join(dir, "outside");
    await Deno.writeTextFile(outside, SECRET);
    await using store = await openIn(dir, { durability: "relaxed" });
    await store.startRun({ id: "r" });
    await store.artifacts.put("r", "good", "the good one");
    await store.artifacts.put("r", "bad", "the bad one");
    await work(store, dir, outside);
    assert.equal(await Deno.readTextFile(outside), SECRET);
  });
}

const UNSAFE_PATHS: SQLInputValue[] = [
  "../outside",
  "r/../../outside",
  "r/../r/good",
  "/etc/passwd",
  "//etc/passwd",
  "..",
  ".",
  "",
  "r//good",
  "./r/good",
  "r/good/",
  "r\\..\\..\\outside",
  "..\\outside",
  "C:\\Windows\\win.ini",
  "c:x",
  "file:///etc/passwd",
  "r/\0",
  "r/a\nb",
  ".staging/x",
  ".STAGING/x",
  new TextEncoder().encode("r/good"),
];

for (const path of UNSAFE_PATHS) {
  Deno.test(`a row with the path ${Deno.inspect(path)} is listed, and leads nowhere`, () =>
    withRows(async (store, dir) => {
      execute(dir, "UPDATE artifacts SET path = ? WHERE name = 'bad'", path);
      await assert.rejects(store.artifacts.get("r", "bad"), UnsafePathError);
      const listed = (await store.artifacts.list("r")).find(({ name }) => name === "bad");
      assert.ok(listed);
      assert.throws(() => listed.filePath, UnsafePathError);
      await assert.rejects(listed.bytes(), UnsafePathError);
      await assert.rejects(listed.saveTo(join(dir, "saved")), UnsafePathError);
      await assert.rejects(listed.stream().getReader().read(), UnsafePathError);
      const put = store.artifacts.put("r", "bad", "new", { ifExists: "replace" });
      await assert.rejects(put, UnsafePathError);
      assert.equal(
        await (await store.artifacts.get("r", "good")).text({ verify: true }),
        "the good one",
      );

      await store.artifacts.remove("r", "bad");
      assert.equal(await store.artifacts.has("r", "bad"), false);
      assert.equal(
        await (await store.artifacts.get("r", "good")).text({ verify: true }),
        "the good one",
      );
    }));
}

const BAD_FIELDS: [assignment: string, value: SQLInputValue][] = [
  ["size = ?", -1],
  ["size = ?", "12 bytes"],
  ["size = ?", null],
  ["size = ?", 1.5],
  ["size = ?", 2n ** 60n],
  ["hash = upper(hash) || ?", ""],
  ["hash = substr(hash, 1, ?)", 63],
  ["hash = hash || ?", "0"],
  ["hash = ?", "g".repeat(64)],
  ["hash = ?", null],
  ["hash = ?", ""],
  ["created_at = ?", "yesterday"],
  ["created_at = ?", 1e300],
  ["created_at = ?", 2n ** 60n],
];

for (const [assignment, value] of BAD_FIELDS) {
  const shown = assignment.replace("?", () => Deno.inspect(value, { strAbbreviateSize: 20 }));
  Deno.test(`a row with ${shown} is listed, and not read`, () =>
    withRows(async (store, dir) => {
      execute(dir, `UPDATE artifacts SET ${assignment} WHERE name = 'bad'`, value);
      const listed = await store.artifacts.list("r");
      assert.deepEqual(listed.map(({ name }) => name).sort(), ["bad", "good"]);
      assert.equal(typeof JSON.stringify(listed), "string");
      assert.equal(typeof Deno.inspect(listed), "string");
      await assert.rejects(store.artifacts.get("r", "bad"), DamagedRowError);
      const bad = listed.find(({ name }) => name === "bad")!;
      await assert.rejects(bad.text(), DamagedRowError);
      assert.equal(
        await (await store.artifacts.get("r", "good")).text({ verify: true }),
        "the good one",
      );
    }));
}

Deno.test("a run whose times no Date can hold is listed among the others", () =>
  withRows(async (store, dir) => {
    await store.startRun({ id: "s" });
    for (const value of [2n ** 60n, -(2n ** 63n), "yesterday"]) {
      execute(dir, "UPDATE runs SET start_time = ?, end_time = ? WHERE id = 'r'", value, value);
      assert.deepEqual((await store.runs.list()).map(({ id }) => id).sort(), ["r", "s"]);
      assert.equal((await store.runs.get("r")).id, "r");
    }
  }));

Deno.test("a run whose tags are no EDN map is listed all the same", () =>
  withRows(async (store, dir) => {
    for (const tags of ["", "no edn }", "[1 2]", "7", "nil", '{:a {:b 1} "c" #{1}}']) {
      execute(dir, "UPDATE runs SET tags = ? WHERE id = 'r'", tags);
      const [run] = await store.runs.list();
      for (const tag of Object.values(run!.tags)) assert.equal(typeof tag, "string");
    }
  }));

Deno.test("remove() of a row that names the file of another artifact keeps that file", () =>
  withRows(async (store, dir) => {
    await store.startRun({ id: "s" });
    await store.artifacts.put("s", "bad", "the bad one");
    execute(dir, "UPDATE artifacts SET path = 'r/good' WHERE name = 'bad'");
    await store.artifacts.remove("r", "bad");
    await store.runs.remove("s");
    assert.equal(
      await (await store.artifacts.get("r", "good")).text({ verify: true }),
      "the good one",
    );
  }));

Deno.test("remove() of a row that names a directory keeps the directory and what is in it", () =>
  withRows(async (store, dir) => {
    execute(dir, "UPDATE artifacts SET path = 'r' WHERE name = 'bad'");
    await assert.rejects((await store.artifacts.get("r", "bad")).text(), ChachamlError);
    await store.artifacts.remove("r", "bad");
    assert.equal(
      await (await store.artifacts.get("r", "good")).text({ verify: true }),
      "the good one",
    );
  }));

Deno.test("removeRun() of a run with an unsafe row removes all else, and nothing outside", () =>
  withRows(async (store, dir) => {
    for (const name of ["a", "z/z"]) await store.artifacts.put("r", name, name);
    execute(dir, "UPDATE artifacts SET path = '../outside' WHERE name = 'bad'");
    await store.runs.remove("r");
    assert.deepEqual(await store.runs.list(), []);
    assert.deepEqual(await store.artifacts.find({}), []);
    // The bytes of the unsafe row are not known any more: an orphan.
    assert.deepEqual(tree(store.artifactDir!), ["r", "r/bad"]);
  }));

/** Notes a replacement of `bad`, as another program that can write to the directory could. */
async function note(dir: string, staged: string, key = "r/bad"): Promise<string> {
  using database = new DatabaseSync(join(dir, "t.db"));
  const row = database.prepare("SELECT id FROM artifacts WHERE name = 'bad'").get()!;
  const artifactId = String(row.id);
  return await leaveReplacement(join(dir, "t-artifacts"), { key, artifactId, text: "x", staged });
}

for (const staged of ["../../outside", "../r/good", "/etc/passwd", ".", "", "r"]) {
  Deno.test(`a replacement noted with the staged name ${JSON.stringify(staged)} is dropped`, () =>
    withRows(async (store, dir) => {
      await note(dir, staged);
      await using again = await openIn(dir);
      assert.equal(
        await (await again.artifacts.get("r", "bad")).text({ verify: true }),
        "the bad one",
      );
      assert.equal(
        await (await again.artifacts.get("r", "good")).text({ verify: true }),
        "the good one",
      );
      await again.artifacts.put("r", "bad", "newer", { ifExists: "replace" });
      assert.equal(await (await store.artifacts.get("r", "bad")).text({ verify: true }), "newer");
    }));
}

Deno.test("a replacement noted for a row with an unsafe path is dropped", () =>
  withRows(async (_, dir) => {
    const path = await note(dir, crypto.randomUUID(), "../outside");
    execute(dir, "UPDATE artifacts SET path = '../outside' WHERE name = 'bad'");
    await using again = await openIn(dir);
    await assert.rejects(again.artifacts.get("r", "bad"), UnsafePathError);
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  }));

Deno.test("a noted replacement removes nothing through a staging directory that is a link", () =>
  withRows(async (store, dir) => {
    const staged = crypto.randomUUID();
    await note(dir, staged);
    const elsewhere = join(dir, "elsewhere");
    await Deno.mkdir(elsewhere);
    await Deno.writeTextFile(join(elsewhere, staged), SECRET);
    await Deno.remove(join(store.artifactDir!, ".staging"), { recursive: true });
    await Deno.symlink(elsewhere, join(store.artifactDir!, ".staging"));
    const again = await openIn(dir).catch(() => undefined);
    await again?.close();
    assert.equal(await Deno.readTextFile(join(elsewhere, staged)), SECRET);
  }));
