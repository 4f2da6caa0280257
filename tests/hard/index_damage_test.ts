/** Bits flip in the index by which names are looked up: that is seen, and nothing stored is lost. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { diagnose } from "../../src/maintenance/doctor.ts";
import { inTempDir, openIn, tree } from "../support/helpers.ts";
import { effort, sample, Totals } from "../support/totals.ts";

const NAMES = Array.from({ length: 90 }, (_, at) => `keep-${at}.bin`);
const PAGE = 4096;

/** An index's pages that are leaves begin with this; of all indexes only one holds names. */
const LEAF = 0x0a;

async function makeStore(dir: string): Promise<void> {
  await using store = await openIn(dir);
  await store.startRun({ id: "run", environment: false });
  for (const name of NAMES) await store.artifacts.put("run", name, `the bytes of ${name}`);
}

/** Where in the database the index has the names. */
function placesOf(bytes: Uint8Array): number[] {
  const places: number[] = [];
  const text = new TextDecoder("latin1").decode(bytes);
  for (let at = text.indexOf("keep-"); at >= 0; at = text.indexOf("keep-", at + 1)) {
    const page = Math.floor(at / PAGE) * PAGE;
    if (bytes[page] === LEAF) places.push(at);
  }
  return places;
}

function isWhole(dir: string): boolean {
  const database = new DatabaseSync(join(dir, "t.db"), { readOnly: true });
  try {
    return database.prepare("PRAGMA integrity_check").all()[0]?.integrity_check === "ok";
  } catch {
    return false;
  } finally {
    database.close();
  }
}

/** What verifying finds; an error is a finding, too. */
async function findings(dir: string): Promise<string[]> {
  try {
    await using store = await openIn(dir, { readOnly: true });
    return (await Array.fromAsync(store.verify())).map(({ message }) => message);
  } catch (error) {
    return [(error as Error).message];
  }
}

async function requireSeen(dir: string): Promise<void> {
  const checks = await Array.fromAsync(diagnose({ path: join(dir, "t.db"), driver: "builtin" }));
  assert.ok(checks.some(({ state }) => state === "problem"), "doctor calls the damage whole");
  assert.ok((await findings(dir)).length > 0, "verify does not see the damage");
}

/** Puts other bytes under every name: whatever comes of it, those stored stay. */
async function requireKept(dir: string): Promise<void> {
  const files = join(dir, "t-artifacts");
  try {
    await using store = await openIn(dir);
    for (const name of NAMES) {
      await store.artifacts.put("run", name, "other bytes").catch(() => {});
    }
  } catch {
    // It cannot be opened any more.
  }
  for (const name of NAMES) {
    assert.ok(tree(files).includes(`run/${name}`), `${name} is gone`);
    assert.equal(Deno.readTextFileSync(join(files, "run", name)), `the bytes of ${name}`);
  }
}

/** Bits to flip: in the names, and anywhere in their pages, with heads, pointers and free space. */
function bitsOf(whole: Uint8Array): number[] {
  const places = placesOf(whole);
  assert.ok(places.length > NAMES.length / 2, "the index is not found");
  const pages = [...new Set(places.map((at) => Math.floor(at / PAGE) * PAGE))];
  return [
    ...sample(places, effort(5, 30), 1).map((at) => (at + 6) * 8),
    ...pages.flatMap((page) =>
      Array.from(
        { length: Math.min(effort(3, 40), 400) },
        (_, at) => page * 8 + (at * 7919) % (PAGE * 8),
      )
    ),
  ];
}

/** Flips one bit after the other, and asserts what holds of each damage. */
async function flipBits(suite: string, check: (dir: string) => Promise<void>): Promise<void> {
  const totals = new Totals(`bits flipped in the index of names, ${suite}`);
  await inTempDir(async (dir) => {
    await makeStore(dir);
    const path = join(dir, "t.db");
    const whole = await Deno.readFile(path);
    for (const bit of bitsOf(whole)) {
      const bytes = whole.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      for (const end of ["-wal", "-shm"]) await Deno.remove(path + end).catch(() => {});
      await Deno.writeFile(path, bytes);
      const harmless = isWhole(dir);
      try {
        await check(dir);
        totals.add(harmless ? "harmless" : suite);
      } catch (error) {
        totals.fail(`bit ${bit}: ${(error as Error).message}`);
      }
    }
  });
  totals.report();
}

Deno.test("flipped bits in the index of names are seen by doctor and verify", () =>
  flipBits("seen", async (dir) => {
    if (!isWhole(dir)) await requireSeen(dir);
  }));

Deno.test("flipped bits in the index of names cost no stored byte", () =>
  flipBits("kept", requireKept));
