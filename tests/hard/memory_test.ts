import assert from "node:assert/strict";
import { inTempDir, openIn } from "../support/helpers.ts";

const SIZE = 512 * 1024 * 1024;
const LIMIT = 100 * 1024 * 1024;

/** A stream of zeros that makes its chunks as they are asked for. */
function zeros(size: number): ReadableStream<Uint8Array> {
  let left = size;
  return new ReadableStream({
    pull(controller) {
      const chunk = new Uint8Array(Math.min(left, 100_000));
      left -= chunk.length;
      if (chunk.length === 0) controller.close();
      else controller.enqueue(chunk);
    },
  }, { highWaterMark: 0 });
}

/** How much the process has grown at most while some work went on, told by `look`. */
async function growth(work: (look: () => void) => Promise<void>): Promise<number> {
  const before = Deno.memoryUsage().rss;
  let most = before;
  const look = () => most = Math.max(most, Deno.memoryUsage().rss);
  await work(look);
  look();
  return most - before;
}

Deno.test("put, stream and saveTo hold no artifact in memory", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir, { durability: "relaxed" });
    const { id } = await store.startRun();
    const put = await growth(async (look) => {
      await store.artifacts.put(id, "large.bin", zeros(SIZE), { onProgress: look });
    });
    assert.ok(put < LIMIT, `put took ${put} bytes`);
    const artifact = await store.artifacts.get(id, "large.bin");
    assert.equal(artifact.size, SIZE);
    const read = await growth(async (look) => {
      for await (const _ of artifact.stream({ verify: true })) look();
    });
    assert.ok(read < LIMIT, `stream took ${read} bytes`);
    const saved = await growth((onProgress) => artifact.saveTo(`${dir}/copy.bin`, { onProgress }));
    assert.ok(saved < LIMIT, `saveTo took ${saved} bytes`);
  });
});
