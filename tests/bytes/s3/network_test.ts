/** A network that loses and delays, a gateway that dies, and a bucket that is full. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore, StorageError, type Store } from "../../../mod.ts";
import { PART } from "../../../src/bytes/s3/part_size.ts";
import { CephGateway, gatewayMissing } from "../../support/ceph_gateway.ts";
import { type Fault, FaultProxy } from "../../support/fault_proxy.ts";
import { inTempDir, someBytes } from "../../support/helpers.ts";
import { clientOf, freshPlace, GATEWAY, testWithS3 } from "../../support/s3.ts";
import { effort, Totals } from "../../support/totals.ts";

/** Numbers that look random, and are the same each time. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const FAULTS: readonly Fault[] = [
  "lose",
  "lose answer",
  "cut answer",
  { status: 500, code: "InternalError" },
  { status: 503, code: "SlowDown", headers: { "retry-after": "0" } },
  { delay: 300 },
];

/** Puts, replaces and removes names at random; notes what each must be after what was acknowledged. */
async function work(store: Store, steps: number, random: () => number, totals: Totals) {
  const expected = new Map<string, Set<string | undefined>>();
  const one = async (name: string) => {
    const isRemoval = random() < 0.2;
    const size = random() < 0.15 ? PART + 1000 : 1000;
    const bytes = someBytes(size).map((byte) => byte ^ Math.floor(random() * 256));
    const before = expected.get(name) ?? new Set([undefined]);
    try {
      if (isRemoval) {
        await store.artifacts.remove("r", name).catch((error) => {
          if (error.code !== "artifact-not-found") throw error;
        });
        expected.set(name, new Set([undefined]));
      } else {
        const { hash } = await store.artifacts.put("r", name, bytes, { ifExists: "replace" });
        expected.set(name, new Set([hash]));
      }
      totals.add("acknowledged");
    } catch (error) {
      assert.ok(error instanceof StorageError, `${error}`);
      const digest = await crypto.subtle.digest("SHA-256", bytes);
      const hash = new Uint8Array(digest).toHex();
      expected.set(name, before.union(new Set([isRemoval ? undefined : hash])));
      totals.add("refused");
    }
  };
  await Promise.all(Array.from({ length: 6 }, async (_, worker) => {
    for (let n = worker; n < steps; n += 6) await one(`w${worker}-${n % 4}`);
  }));
  return expected;
}

/** Finds what was acknowledged whole, and nothing else. */
async function check(
  store: Store,
  expected: ReadonlyMap<string, ReadonlySet<string | undefined>>,
  totals: Totals,
): Promise<void> {
  for await (const { kind, message } of store.verify()) {
    if (kind !== "orphan") totals.fail(message);
  }
  for (const [name, allowed] of expected) {
    const found = await store.artifacts.has("r", name)
      ? (await store.artifacts.get("r", name)).hash
      : undefined;
    if (!allowed.has(found)) totals.fail(`${name} is ${found}, not one of ${[...allowed]}`);
  }
  await store.gc({ grace: 0 });
  for await (const { message } of store.verify()) totals.fail(`after gc: ${message}`);
}

testWithS3("what is acknowledged through a bad network is stored", async () => {
  await inTempDir(async (dir) => {
    await using proxy = await FaultProxy.start(GATEWAY!);
    const place = await freshPlace();
    const random = randomOf(7);
    const totals = new Totals("requests through a bad network");
    const path = join(dir, "t.db");
    let expected;
    {
      await using store = await openStore({
        path,
        artifactDir: place.replace(GATEWAY!, proxy.endpoint),
        driver: "builtin",
      });
      await store.startRun({ id: "r" });
      proxy.rule = () => random() < 0.15 ? FAULTS[Math.floor(random() * FAULTS.length)]! : "pass";
      expected = await work(store, effort(60, 600), random, totals);
      proxy.rule = () => "pass";
    }
    await using store = await openStore({ path, artifactDir: place, driver: "builtin" });
    await check(store, expected, totals);
    totals.report();
  });
});

const missing = await gatewayMissing();

/** Declares a test that has a gateway of its own, which it may kill. */
function testWithOwnGateway(name: string, test: (gateway: CephGateway) => Promise<void>): void {
  if (GATEWAY === undefined || missing !== undefined) {
    Deno.test.ignore(`${name} (skipped: ${missing ?? "deno task test:s3 runs it"})`, () => {});
    return;
  }
  Deno.test(name, async () => {
    await using gateway = await CephGateway.start();
    await test(gateway);
  });
}

async function makeBucket({ endpoint }: CephGateway, bucket: string): Promise<string> {
  const place = `s3://${bucket}?endpoint=${endpoint}&region=us-east-1`;
  await clientOf(place).sendForHead({ method: "PUT", action: "make a bucket", accept: [409] });
  return place;
}

testWithOwnGateway(
  "a gateway that dies and comes back loses nothing acknowledged",
  async (gateway) => {
    await inTempDir(async (dir) => {
      const artifactDir = await makeBucket(gateway, "dying");
      const totals = new Totals("puts while the gateway dies and comes back");
      const path = join(dir, "t.db");
      await using store = await openStore({ path, artifactDir, driver: "builtin" });
      await store.startRun({ id: "r" });
      const working = work(store, effort(200, 600), randomOf(3), totals);
      for (let n = 0; n < effort(1, 4); n++) {
        await new Promise((done) => setTimeout(done, 1000));
        await gateway.killGateway();
        await new Promise((done) => setTimeout(done, 500));
        await gateway.startGateway();
      }
      await check(store, await working, totals);
      totals.report();
    });
  },
);

testWithOwnGateway("a full bucket refuses in words, and keeps what it has", async (gateway) => {
  await inTempDir(async (dir) => {
    const artifactDir = await makeBucket(gateway, "full");
    const quota = ["--uid=test", "--quota-scope=bucket"];
    await gateway.admin("quota", "set", ...quota, "--max-objects=3");
    await gateway.admin("quota", "enable", ...quota);
    const path = join(dir, "t.db");
    await using store = await openStore({ path, artifactDir, driver: "builtin" });
    const run = await store.startRun({ id: "r" });
    const stored: string[] = [];
    await assert.rejects(async () => {
      for (let n = 0; n < 10; n++) stored.push((await run.put(`a${n}`, `bytes ${n}`)).name);
    }, /^StorageError: Cannot store "r\/a\d" in the bucket "full": its quota is used up/);
    assert.ok(stored.length >= 1);
    assert.deepEqual((await store.artifacts.list("r")).map(({ name }) => name), stored);
    assert.deepEqual(await Array.fromAsync(store.verify()), []);
  });
});
