import assert from "node:assert/strict";
import { join } from "@std/path";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn, tree } from "../support/helpers.ts";

const WRITERS = 8;

/** Puts of each writer under names of its own. A larger number makes for a longer, harsher test. */
const COUNT = Number(Deno.env.get("CHACHAML_RACE_COUNT") ?? 200);

interface Told {
  readonly own: string[];
  readonly won: string[];
  readonly seen: number;
  readonly rounds: number;
  readonly findings: string[];
  readonly collected: string[];
}

/** Has processes at work on the store in `dir` until all writers are done; gives what each printed. */
async function race(dir: string): Promise<{ writers: Told[]; reader: Told; others: Told[] }> {
  const start = (role: string, who: number) =>
    child("race_worker.ts", [dir, role, String(who), String(COUNT)]).spawn();
  const observers = ["reader", "verifier", "collector"].map((role) => start(role, 0));
  const writers = Array.from({ length: WRITERS }, (_, who) => start("writer", who));
  try {
    const printed = await Promise.all(writers.map(outputOf));
    await Deno.writeTextFile(join(dir, "over"), "");
    const [reader, ...others] = await Promise.all(observers.map(outputOf));
    return { writers: printed, reader: reader!, others };
  } finally {
    await Promise.all([...observers, ...writers].map(stop));
  }
}

async function outputOf(process: Deno.ChildProcess): Promise<Told> {
  const { success, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}

/** Ends a process that a failure has left at work. */
async function stop(process: Deno.ChildProcess): Promise<void> {
  try {
    process.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
  await process.status;
}

Deno.test("eight processes that write, and others that read, verify and collect meanwhile", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await store.startRun({ id: "run" });
    const { writers, reader, others: [verifier, collector] } = await race(dir);

    const expected = new Map<string, string>();
    for (const [who, { own, won }] of writers.entries()) {
      assert.equal(own.length, COUNT);
      for (const name of own) expected.set(name, `${who} put ${name.split("-")[1]}`);
      for (const name of won) {
        assert.ok(!expected.has(name), `${name} has two winners`);
        expected.set(name, `${who} won ${name.split("/")[1]}`);
      }
    }
    assert.equal(expected.size, WRITERS * COUNT + COUNT / 4, "each shared name has a winner");

    const found = await store.artifacts.list("run");
    assert.deepEqual(found.map(({ name }) => name).sort(), [...expected.keys()].sort());
    for (const artifact of found) {
      assert.equal(await artifact.text({ verify: true }), expected.get(artifact.name));
    }
    assert.deepEqual(await Array.fromAsync(store.verify()), []);
    const files = tree(store.artifactDir!).filter((path) => /-|shared\/./.test(path));
    assert.equal(files.length, found.length);

    // Only what was being removed at the time may have been seen, or collected, without its row.
    const fleeting = /^(orphan|directory) run\/fleeting\b/;
    assert.deepEqual(verifier!.findings.filter((seen) => !fleeting.test(seen)), []);
    // A staged file that is not yet locked may be collected too: its writer makes another one.
    const staged = /^staged \.staging\//;
    const strange = (path: string) => !fleeting.test(path) && !staged.test(path);
    assert.deepEqual(collector!.collected.filter(strange), []);
    assert.ok(reader.seen > 0 && verifier!.rounds > 0 && collector!.rounds > 0);
  }));
