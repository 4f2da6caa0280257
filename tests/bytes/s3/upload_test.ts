/** Uploads in parts, lists in pages, removals in batches. */
import assert from "node:assert/strict";
import { StorageError } from "../../../mod.ts";
import { inParallel } from "../../../src/base/in_parallel.ts";
import type { ByteStore, StageOptions } from "../../../src/bytes/byte_store.ts";
import { PART, partSize } from "../../../src/bytes/s3/part_size.ts";
import { S3ByteStore } from "../../../src/bytes/s3/s3_byte_store.ts";
import { bytesReader, readWhole } from "../../support/byte_helpers.ts";
import { FaultProxy } from "../../support/fault_proxy.ts";
import { sha256, someBytes } from "../../support/helpers.ts";
import { clientOf, freshPlace, GATEWAY, testWithS3 } from "../../support/s3.ts";

const TIB = 2 ** 40;

Deno.test("ten thousand parts of at most 5 GiB do for 5 TiB", () => {
  for (const total of [undefined, 1, 100 * 2 ** 30, 5 * TIB]) {
    let sum = 0;
    for (let number = 1; number <= 10_000; number++) {
      const size = partSize(number, total);
      assert.ok(size >= PART && size <= 5 * 2 ** 30);
      sum += size;
    }
    assert.ok(sum >= (total ?? 5 * TIB), `${sum} of ${total}`);
  }
});

async function put(
  bytes: ByteStore,
  key: string,
  data: Uint8Array<ArrayBuffer>,
  options: StageOptions & { readonly isSizeKnown?: boolean } = {},
) {
  const staged = await bytes.stage(bytesReader(data, options), options);
  await bytes.publish(staged, key);
  await staged.release();
  return staged;
}

async function withBytes(
  options: ConstructorParameters<typeof S3ByteStore>[1],
  work: (bytes: S3ByteStore, proxy: FaultProxy) => Promise<void>,
  client: Parameters<typeof clientOf>[1] = {},
): Promise<void> {
  await using proxy = await FaultProxy.start(GATEWAY!);
  const place = (await freshPlace()).replace(GATEWAY!, proxy.endpoint);
  const bytes = new S3ByteStore(clientOf(place, client), options);
  try {
    await work(bytes, proxy);
  } finally {
    bytes.close();
  }
}

for (const isSizeKnown of [true, false]) {
  for (const size of [0, 1, 256 * 1024, 256 * 1024 + 1, PART, PART + 1, 2 * PART, 3 * PART + 5]) {
    const known = isSizeKnown ? "known" : "unknown";
    testWithS3(`${size} bytes from a source of ${known} size are stored`, async () => {
      await withBytes({}, async (bytes) => {
        const data = someBytes(size);
        const staged = await put(bytes, "r/a", data, { runId: "r", name: "a", isSizeKnown });
        assert.deepEqual([staged.size, staged.hash], [size, await sha256(data)]);
        assert.equal(await sha256(await readWhole(bytes, "r/a")), await sha256(data));
        assert.deepEqual((await Array.fromAsync(bytes.list())).map(({ key }) => key), ["r/a"]);
      });
    });
  }
}

testWithS3("parts too large to be held are put together on the server", async () => {
  const sizes = { partSize: (number: number) => number === 1 ? PART : 3 * PART, held: PART };
  await withBytes({ sizes }, async (bytes, proxy) => {
    const data = someBytes(6 * PART + 77);
    await put(bytes, "r/a", data, { runId: "r", name: "a" });
    assert.equal(await sha256(await readWhole(bytes, "r/a")), await sha256(data));
    assert.ok(proxy.seen.some((request) => request.includes("partNumber=3")));
    assert.deepEqual((await Array.fromAsync(bytes.list())).map(({ key }) => key), ["r/a"]);
  });
});

testWithS3(
  "bytes that were sent without a key, or for another, get theirs on the server",
  async () => {
    await withBytes({}, async (bytes) => {
      const data = someBytes(PART + 100);
      await put(bytes, "r/a", data);
      assert.equal(await sha256(await readWhole(bytes, "r/a")), await sha256(data));
      // What was to replace others, which are gone by then.
      await put(bytes, "r/b", data, { runId: "r", name: "b", replaces: true });
      assert.equal(await sha256(await readWhole(bytes, "r/b")), await sha256(data));
      const keys = (await Array.fromAsync(bytes.list())).map(({ key }) => key);
      assert.deepEqual(keys, ["r/a", "r/b"]);
    });
  },
);

testWithS3("bytes that were sent to a key which others got first replace nothing", async () => {
  await withBytes({}, async (bytes) => {
    const late = await bytes.stage(bytesReader(someBytes(PART + 1)), { runId: "r", name: "a" });
    await put(bytes, "r/a", someBytes(10));
    const note = { artifactId: "i", contentType: null, size: 1, hash: "", createdAt: 0 };
    await assert.rejects(bytes.replace(late, "r/a", note), /another put of it came first/);
    await late.discard();
    assert.equal((await readWhole(bytes, "r/a")).length, 10);
  });
});

testWithS3("a small artifact takes two requests, and one once the server is known", async () => {
  await withBytes({}, async (bytes, proxy) => {
    const counts: number[] = [];
    for (let n = 0; n < 5; n++) {
      proxy.seen.length = 0;
      await put(bytes, `r/${n}`, someBytes(100));
      counts.push(proxy.seen.length);
    }
    // The first ones look first; a bucket that a missing key was asked of is looked at once.
    assert.deepEqual(counts, [3, 3, 1, 1, 1]);
  });
});

testWithS3("lists come in pages, and removals in batches", async () => {
  await withBytes({}, async (bytes, proxy) => {
    const keys = Array.from({ length: 1100 }, (_, at) => `r/d${at % 7}/${at}`);
    await inParallel(keys, 16, async (key) => void await put(bytes, key, someBytes(3)));
    proxy.seen.length = 0;
    const listed = (await Array.fromAsync(bytes.list())).map(({ key }) => key);
    assert.deepEqual(listed, keys.toSorted());
    assert.equal(proxy.seen.filter((request) => request.includes("list-type")).length, 2);
    proxy.seen.length = 0;
    assert.deepEqual(await bytes.removeAll(keys), []);
    assert.equal(proxy.seen.length, 2);
    assert.deepEqual(await Array.fromAsync(bytes.list()), []);
  });
});

testWithS3("an upload that its process left is abandoned after a while, and goes", async () => {
  const place = await freshPlace();
  const left = new S3ByteStore(clientOf(place));
  await left.stage(bytesReader(someBytes(PART + 1)), { runId: "r", name: "a" });
  left.close();
  const early = new S3ByteStore(clientOf(place));
  const [staged] = await Array.fromAsync(early.list());
  assert.equal(staged!.state, "staged");
  assert.equal(await early.removeEntry(staged!), false);
  const late = new S3ByteStore(clientOf(place), { abandonedAfter: 0 });
  const [abandoned] = await Array.fromAsync(late.list());
  assert.equal(abandoned!.state, "abandoned");
  assert.equal(await late.removeEntry(abandoned!), true);
  assert.equal(await late.removeEntry(abandoned!), false);
  assert.deepEqual(await Array.fromAsync(late.list()), []);
});

testWithS3("a clock that is wrong by hours is no obstacle", async () => {
  for (const hours of [-5, 7]) {
    const now = () => Date.now() + hours * 3_600_000;
    await withBytes({}, async (bytes) => {
      await put(bytes, "r/a", someBytes(10));
      const { modifiedAt } = (await bytes.stat("r/a"))!;
      assert.ok(Math.abs(modifiedAt.getTime() - Date.now()) < 60_000);
    }, { now });
  }
});

testWithS3("a key that is too long for a bucket is refused before it is sent", async () => {
  await withBytes({}, async (bytes) => {
    const key = `r/${"d/".repeat(510)}a`;
    await assert.rejects(put(bytes, key, someBytes(1)), (error: Error) => {
      assert.match(error.message, /its key has 1032 bytes, and a bucket takes 1024; use a shorter/);
      return error instanceof StorageError;
    });
  });
});

testWithS3("a bucket that is missing is named", async () => {
  const bytes = new S3ByteStore(clientOf(`s3://nowhere-at-all?endpoint=${GATEWAY}`));
  const words =
    /in the bucket "nowhere-at-all": 127\.0\.0\.1:\d+ has no bucket "nowhere-at-all"; create/;
  await assert.rejects(bytes.open("r/a"), words);
  await assert.rejects(bytes.stat("r/a"), words);
  await assert.rejects(put(bytes, "r/a", someBytes(1)), words);
  await assert.rejects(Array.fromAsync(bytes.list()), words);
});

testWithS3("keys that are wrong are said to be", async () => {
  const variables = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] as const;
  const words = [/does not know the access key; check AWS_ACCESS_KEY_ID/, /refuses the signature/];
  for (const [at, name] of variables.entries()) {
    const before = Deno.env.get(name)!;
    Deno.env.set(name, "wrong");
    try {
      const bytes = new S3ByteStore(clientOf(await freshPlaceOf()));
      await assert.rejects(Array.fromAsync(bytes.list()), words[at]!);
    } finally {
      Deno.env.set(name, before);
    }
  }
});

/** A place in a bucket that is there. */
function freshPlaceOf(): Promise<string> {
  return Promise.resolve(`s3://chachaml-test/x?endpoint=${GATEWAY}&region=us-east-1`);
}
