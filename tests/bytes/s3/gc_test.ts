/** Garbage collection in a bucket. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore, type Store } from "../../../mod.ts";
import { FaultProxy } from "../../support/fault_proxy.ts";
import { inTempDir, storedIn, writeStored } from "../../support/helpers.ts";
import { freshPlace, GATEWAY, testWithS3 } from "../../support/s3.ts";

/** Gives a test a store with 40 objects of no artifact, and the proxy before its bucket. */
async function withOrphans(work: (store: Store, proxy: FaultProxy) => Promise<void>) {
  await inTempDir(async (dir) => {
    await using proxy = await FaultProxy.start(GATEWAY!);
    const artifactDir = (await freshPlace()).replace(GATEWAY!, proxy.endpoint);
    await using store = await openStore({ path: join(dir, "t.db"), artifactDir });
    await store.startRun({ id: "r" });
    await store.artifacts.put("r", "kept", "kept");
    for (let at = 0; at < 40; at++) await writeStored(store, `r/orphan ${at} <&>`, "x");
    await work(store, proxy);
  });
}

testWithS3(
  "gc() removes objects of no artifact in few requests",
  () =>
    withOrphans(async (store, proxy) => {
      const before = proxy.seen.length;
      const { removed, failed } = await store.gc({ grace: 0 });
      assert.deepEqual([removed.length, failed], [40, []]);
      const deletes = proxy.seen.slice(before).filter((request) => !request.startsWith("GET"));
      assert.ok(deletes.length < 5, `${deletes.length} requests`);
      assert.deepEqual(await storedIn(store), ["r", "r/kept"]);
    }),
);

testWithS3(
  "gc() names each object that a bucket does not let it remove",
  () =>
    withOrphans(async (store, proxy) => {
      proxy.rule = ({ method }) =>
        method === "POST" ? { status: 403, code: "AccessDenied" } : "pass";
      const { removed, failed } = await store.gc({ grace: 0 });
      assert.deepEqual([removed, failed.length], [[], 40]);
      assert.match(failed[0]!.error.message, /access is denied/);
      proxy.rule = () => "pass";
      assert.equal((await store.gc({ grace: 0 })).removed.length, 40);
    }),
);
