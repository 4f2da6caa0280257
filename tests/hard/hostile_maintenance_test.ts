import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { ChachamlError, type Store } from "../../mod.ts";
import { inTempDir, openIn, testWithFifo, tree } from "../support/helpers.ts";

const TEXT = "the bytes";

/** Plants something in a store that has the artifact `r/d/a`. */
type Plant = (root: string, outside: string) => void | Promise<void>;

interface Case {
  readonly plant: Plant;
  /** What verify tells, sorted. */
  readonly found: readonly string[];
  /** What gc removes, sorted. */
  readonly collected: readonly string[];
}

const instead = (path: string, make: (path: string, outside: string) => void): Plant => {
  return (root, outside) => {
    Deno.removeSync(join(root, path), { recursive: true });
    make(join(root, path), outside);
  };
};
const UUID = "0b2d1f0e-6c1d-4e4b-8f38-111111111111";

const CASES: Record<string, Case> = {
  "the run's directory is a symbolic link": {
    plant: instead("r", (path, outside) => Deno.symlinkSync(outside, path)),
    found: ["unsafe-path r/d/a"],
    collected: [],
  },
  "a directory of the name is a symbolic link": {
    plant: instead("r/d", (path, outside) => Deno.symlinkSync(join(outside, "d"), path)),
    found: ["unsafe-path r/d/a"],
    collected: [],
  },
  "the file is a symbolic link": {
    plant: instead("r/d/a", (path, outside) => Deno.symlinkSync(join(outside, "a"), path)),
    found: ["not-a-file r/d/a"],
    collected: [],
  },
  "the file is a hard link to one outside that has other bytes": {
    plant: instead("r/d/a", (path, outside) => Deno.linkSync(join(outside, "other"), path)),
    found: ["wrong-hash r/d/a"],
    collected: [],
  },
  "the staging directory is a symbolic link": {
    plant: instead(".staging", (path, outside) => Deno.symlinkSync(outside, path)),
    found: [], // It is no leftover: the next put says what to do about it.
    collected: [],
  },
  "a staged name is a symbolic link": {
    plant: (root, outside) => Deno.symlinkSync(join(outside, "a"), join(root, ".staging", UUID)),
    found: [`abandoned .staging/${UUID}`],
    collected: [`.staging/${UUID}`],
  },
  "a staged name is a hard link": {
    plant: (root, outside) => Deno.linkSync(join(outside, "a"), join(root, ".staging", UUID)),
    found: [`abandoned .staging/${UUID}`],
    collected: [`.staging/${UUID}`],
  },
  "an orphan is a symbolic link to a directory outside": {
    plant: (root, outside) => Deno.symlinkSync(outside, join(root, "r/d/link")),
    found: ["orphan r/d/link"],
    collected: ["r/d/link"],
  },
  "an orphan is a hard link": {
    plant: (root, outside) => Deno.linkSync(join(outside, "a"), join(root, "r/d/link")),
    found: ["orphan r/d/link"],
    collected: ["r/d/link"],
  },
  "an orphan is a symbolic link to itself": {
    plant: (root) => Deno.symlinkSync("loop", join(root, "r/loop")),
    found: ["orphan r/loop"],
    collected: ["r/loop"],
  },
};

/** Has all that takes care of a store meet what was planted, and asserts that nothing outside changes. */
function meet({ plant, found, collected }: Case): Promise<void> {
  return inTempDir(async (dir) => {
    const outside = join(dir, "outside");
    // Whoever is led astray finds what it looks for.
    await Deno.mkdir(join(outside, "d"), { recursive: true });
    for (const name of ["a", "d/a"]) await Deno.writeTextFile(join(outside, name), TEXT);
    await Deno.writeTextFile(join(outside, "other"), "the BYTES");
    await using store = await openIn(dir, { durability: "relaxed" });
    for (const id of ["r", "twin"]) {
      await store.startRun({ id });
      await store.artifacts.put(id, "d/a", TEXT);
    }
    await plant(store.artifactDir!, outside);

    const findings = await Array.fromAsync(store.verify());
    assert.deepEqual(findings.map(({ kind, path }) => `${kind} ${path}`).sort(), found);
    await tryAll([
      () => store.dedup(),
      () => store.backup(join(dir, "backup")),
      () => new Response(store.export(["r"])).arrayBuffer(),
    ]);
    const { removed, failed } = await store.gc({ grace: 0 });
    assert.deepEqual([removed.map(({ path }) => path).sort(), failed], [collected, []]);
    await tryAll([() => store.runs.remove("r")]);
    assert.deepEqual((await store.runs.list()).map(({ id }) => id), ["twin"]);

    assert.deepEqual(tree(outside), ["a", "d", "d/a", "other"]);
    for (const name of ["a", "d/a"]) {
      assert.equal(await Deno.readTextFile(join(outside, name)), TEXT);
    }
    assert.equal(await Deno.readTextFile(join(outside, "other")), "the BYTES");
    assert.equal((await Deno.stat(join(outside, "other"))).mode! & 0o200, 0o200);
    assert.equal(await (await store.artifacts.get("twin", "d/a")).text({ verify: true }), TEXT);
  });
}

/** Each either does its work or refuses it in the store's own words. */
async function tryAll(calls: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const call of calls) {
    await call().catch((error) => assert.ok(error instanceof ChachamlError, String(error)));
  }
}

for (const [what, planted] of Object.entries(CASES)) {
  Deno.test(`verify, gc, dedup, backup, export and removeRun stay inside where ${what}`, () => {
    return meet(planted);
  });
}

testWithFifo(
  "verify, gc, dedup, backup, export and removeRun do not wait for a FIFO",
  (makeFifo) =>
    meet({
      plant: async (root) => {
        await Deno.remove(join(root, "r/d/a"));
        for (const path of ["r/d/a", "r/orphan", `.staging/${UUID}`, ".staging/other"]) {
          await makeFifo(join(root, path));
        }
      },
      found: [
        `abandoned .staging/${UUID}`,
        "abandoned .staging/other",
        "not-a-file r/d/a",
        "orphan r/orphan",
      ],
      collected: [`.staging/${UUID}`, ".staging/other", "r/orphan"],
    }),
);

/** Values that no row of ours has, and what verify calls them. */
const ROWS: readonly (readonly [assignment: string, kind: string])[] = [
  ["path = '../outside'", "unsafe-path"],
  ["path = '/etc/passwd'", "unsafe-path"],
  ["path = 'r/../../outside'", "unsafe-path"],
  ["path = '.staging/x'", "unsafe-path"],
  ["path = ''", "unsafe-path"],
  ["size = -1", "damaged-row"],
  ["size = 'nine'", "damaged-row"],
  ["size = 1e300", "damaged-row"],
  ["hash = upper(hash)", "damaged-row"],
  ["hash = substr(hash, 1, 63)", "damaged-row"],
  ["hash = NULL", "damaged-row"],
  ["created_at = 'today'", "damaged-row"],
];

for (const [assignment, kind] of ROWS) {
  Deno.test(`verify, gc, dedup, backup and removeRun bear a row with ${assignment}`, () =>
    inTempDir(async (dir) => {
      await Deno.writeTextFile(join(dir, "outside"), TEXT);
      await using store = await openIn(dir, { durability: "relaxed" });
      for (const id of ["r", "twin"]) {
        await store.startRun({ id });
        await store.artifacts.put(id, "a", TEXT);
      }
      change(store, `UPDATE artifacts SET ${assignment} WHERE run_id = 'r'`);
      const findings = await Array.fromAsync(store.verify());
      assert.deepEqual(
        findings.filter(({ artifact }) => artifact).map((finding) => finding.kind),
        [kind],
      );
      await store.dedup();
      const { artifacts, omitted } = await store.backup(join(dir, "backup"));
      assert.deepEqual([artifacts, omitted.length], [1, 1]);
      await store.gc({ grace: 0 });
      await store.runs.remove("r");
      assert.equal(await Deno.readTextFile(join(dir, "outside")), TEXT);
      assert.equal(await (await store.artifacts.get("twin", "a")).text({ verify: true }), TEXT);
      assert.deepEqual(await Array.fromAsync(store.verify()), []);
    }));
}

function change(store: Store, sql: string): void {
  const database = new DatabaseSync(store.path!);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}
