/** What becomes of single requests that fail, in front of a real gateway. */
import assert from "node:assert/strict";
import { StorageError } from "../../../mod.ts";
import { S3ByteStore } from "../../../src/bytes/s3/s3_byte_store.ts";
import { PART } from "../../../src/bytes/s3/part_size.ts";
import type { ByteStore, StageOptions } from "../../../src/bytes/byte_store.ts";
import { type Fault, FaultProxy, type Passing } from "../../support/fault_proxy.ts";
import { sha256, someBytes } from "../../support/helpers.ts";
import { bucketAt, clientOf, freshPlace, GATEWAY, testWithS3 } from "../../support/s3.ts";
import { bytesReader, readWhole } from "../../support/byte_helpers.ts";

const SMALL = someBytes(1000);
const LARGE = someBytes(PART * 2 + 1000);

/** Puts bytes as an artifact's put does, in front of a proxy. */
async function put(bytes: ByteStore, data: Uint8Array<ArrayBuffer>, options: StageOptions = {}) {
  const staged = await bytes.stage(bytesReader(data), { runId: "r", name: "a", ...options });
  try {
    await bytes.publish(staged, "r/a", { isOrphan: () => Promise.resolve(false) });
    await staged.release();
  } catch (error) {
    await staged.discard();
    throw error;
  }
}

async function withProxy(
  work: (proxy: FaultProxy, bytes: S3ByteStore, direct: S3ByteStore) => Promise<void>,
  maxTries = 12,
): Promise<void> {
  await using proxy = await FaultProxy.start(GATEWAY!);
  const place = await freshPlace();
  const bytes = new S3ByteStore(clientOf(place.replace(GATEWAY!, proxy.endpoint), { maxTries }));
  try {
    await work(proxy, bytes, new S3ByteStore(clientOf(place)));
  } finally {
    bytes.close();
  }
}

/** A fault of the first request that is one of some. */
function once(matches: (request: Passing) => boolean, fault: Fault) {
  let isDone = false;
  return (request: Passing): Fault => {
    if (isDone || !matches(request)) return "pass";
    isDone = true;
    return fault;
  };
}

const FAULTS: [string, Fault][] = [
  ["is lost", "lose"],
  ["loses its answer", "lose answer"],
  ["is answered by 500", { status: 500, code: "InternalError" }],
  ["is answered by 503", { status: 503, code: "SlowDown", headers: { "retry-after": "0" } }],
];
const STEPS: [string, Uint8Array<ArrayBuffer>, (request: Passing) => boolean][] = [
  ["a small put", SMALL, ({ method }) => method === "PUT"],
  [
    "the start of an upload",
    LARGE,
    ({ method, path }) => method === "POST" && /\?uploads/.test(path),
  ],
  ["a part", LARGE, ({ method }) => method === "PUT"],
  ["the end of an upload", LARGE, ({ method, path }) => method === "POST" && /uploadId/.test(path)],
  ["a look at a key", SMALL, ({ method, path }) => method === "HEAD" && path.endsWith("/a")],
];
for (const [step, data, matches] of STEPS) {
  for (const [how, fault] of FAULTS) {
    testWithS3(`a put is stored once where ${step} ${how}`, async () => {
      await withProxy(async (proxy, bytes, direct) => {
        proxy.rule = once(matches, fault);
        await put(bytes, data);
        assert.equal(await sha256(await readWhole(direct, "r/a")), await sha256(data));
        const keys = (await Array.fromAsync(direct.list())).filter(({ state }) =>
          state !== "staged"
        );
        assert.deepEqual(keys.map(({ key }) => key), ["r/a"]);
      });
    });
  }
}

testWithS3("reading goes on at the same byte where a connection breaks", async () => {
  await withProxy(async (proxy, bytes, direct) => {
    await put(direct, LARGE);
    let cut = 0;
    proxy.rule = ({ method }) => method === "GET" && cut++ < 3 ? "cut answer" : "pass";
    assert.equal(await sha256(await readWhole(bytes, "r/a")), await sha256(LARGE));
    assert.ok(cut > 3);
    direct.close();
  });
});

testWithS3("a server that refuses conditions gets none, and nothing is overwritten", async () => {
  await withProxy(async (proxy, bytes) => {
    proxy.rule = ({ headers }) =>
      "if-none-match" in headers || "if-match" in headers
        ? { status: 501, code: "NotImplemented" }
        : "pass";
    await put(bytes, SMALL);
    await assert.rejects(put(bytes, LARGE), StorageError);
    assert.equal(await sha256(await readWhole(bytes, "r/a")), await sha256(SMALL));
    const { failure, warnings } = await bytes.check();
    assert.equal(failure, undefined);
    assert.match(warnings[0]!, /ignores conditional writes/);
  });
});

testWithS3("a server that ignores conditions is found out", async () => {
  await withProxy(async (proxy, bytes) => {
    assert.deepEqual((await bytes.check()).warnings, []);
    // As a server does that knows nothing of the condition of a PUT.
    const unaware = new S3ByteStore(
      clientOf((await freshPlace()).replace(GATEWAY!, proxy.endpoint)),
    );
    let puts = 0;
    proxy.rule = ({ method }) =>
      method === "PUT" && ++puts === 3 ? { status: 200, code: "" } : "pass";
    assert.match((await unaware.check()).warnings[0]!, /ignores conditional writes/);
  });
});

const REFUSALS: [code: string, status: number, words: RegExp][] = [
  ["AccessDenied", 403, /access is denied; allow these credentials s3:GetObject/],
  ["QuotaExceeded", 403, /its quota is used up/],
  ["InsufficientStorage", 507, /its quota is used up, or the server is full/],
  ["ExpiredToken", 400, /the credentials have expired; sign in again/],
  ["PermanentRedirect", 301, /the bucket is in the region eu-west-1, not us-east-1; add \?region=/],
  ["RequestTimeTooSkewed", 403, /this machine's clock differs from the server's/],
  ["KeyTooLongError", 400, /its key is too long/],
  ["InvalidStorageClass", 400, /the server answers 400 InvalidStorageClass: made up/],
];
for (const [code, status, words] of REFUSALS) {
  testWithS3(`a refusal names bucket, key and what to do: ${code}`, async () => {
    await withProxy(async (proxy, bytes, direct) => {
      proxy.rule = ({ method }) =>
        method === "PUT"
          ? { status, code, headers: { "x-amz-bucket-region": "eu-west-1" } }
          : "pass";
      await assert.rejects(put(bytes, SMALL), (error: Error) => {
        assert.match(error.message, /^Cannot store "r\/a" in the bucket "chachaml-test": /);
        assert.match(error.message, words);
        return error instanceof StorageError;
      });
      assert.deepEqual(await Array.fromAsync(direct.list()), []);
    });
  });
}

testWithS3("what HEAD is refused for is asked by GET, as its answer has no body", async () => {
  await using proxy = await FaultProxy.start(GATEWAY!);
  const place = (await freshPlace()).replace(GATEWAY!, proxy.endpoint);
  await put(bucketAt(place), SMALL);
  for (
    const [name, value, words] of [
      [
        "AWS_SECRET_ACCESS_KEY",
        "another secret",
        /refuses the signature; check AWS_SECRET_ACCESS_KEY/,
      ],
      ["AWS_ACCESS_KEY_ID", "nobody", /does not know the access key; check AWS_ACCESS_KEY_ID/],
    ] as const
  ) {
    const before = Deno.env.get(name)!;
    Deno.env.set(name, value);
    try {
      proxy.seen.length = 0;
      await assert.rejects(bucketAt(place).stat("r/a"), (error: Error) => {
        assert.match(error.message, /^Cannot inspect "r\/a" in the bucket "chachaml-test": /);
        assert.match(error.message, words);
        return error instanceof StorageError;
      });
      assert.deepEqual(proxy.seen.map((line) => line.split(" ")[0]), ["HEAD", "GET"]);
    } finally {
      Deno.env.set(name, before);
    }
  }
  // Without a reason, e.g. as HEAD alone is denied, the status says what it can.
  proxy.rule = ({ method }) => method === "HEAD" ? { status: 403, code: "" } : "pass";
  await assert.rejects(bucketAt(place).stat("r/a"), /access is denied; allow these credentials/);
});

testWithS3(
  "where there are no credentials, that is the error, and nothing is tried again",
  async () => {
    await withProxy(async (proxy) => {
      const place = (await freshPlace()).replace(GATEWAY!, proxy.endpoint);
      proxy.seen.length = 0;
      const bytes = bucketAt(`${place}&profile=chachaml-no-such-profile`);
      await assert.rejects(bytes.stat("r/a"), (error: Error) => {
        assert.match(
          error.message,
          /find AWS credentials of the profile "chachaml-no-such-profile"/,
        );
        assert.match(error.message, /set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in/);
        return error instanceof StorageError;
      });
      assert.deepEqual(proxy.seen, []);
    });
  },
);

testWithS3("the region of the bucket is taken where none was given", async () => {
  await using proxy = await FaultProxy.start(GATEWAY!);
  const place = (await freshPlace()).replace(GATEWAY!, proxy.endpoint).replace(/&region=.*/, "");
  const bytes = new S3ByteStore(clientOf(place));
  const regions = new Set<string>();
  proxy.rule = ({ headers }) => {
    const region = /\/\d{8}\/([^/]+)\/s3/.exec(String(headers.authorization))![1]!;
    regions.add(region);
    if (region === "eu-west-1") return "pass";
    return {
      status: 301,
      code: "PermanentRedirect",
      headers: { "x-amz-bucket-region": "eu-west-1" },
    };
  };
  await put(bytes, SMALL);
  assert.deepEqual([...regions], ["us-east-1", "eu-west-1"]);
});

testWithS3("a server that is away is said to be", async () => {
  const place = (await freshPlace()).replace(GATEWAY!, "http://127.0.0.1:16999");
  const bytes = new S3ByteStore(clientOf(place, { maxTries: 2 }));
  await assert.rejects(
    put(bytes, SMALL),
    /^StorageError: Cannot inspect "r\/a" in the bucket "chachaml-test": 127.0.0.1:16999 cannot be reached: the connection is refused; check the endpoint and the network$/,
  );
});

testWithS3("a request that is refused for good is sent once", async () => {
  await withProxy(async (proxy, bytes) => {
    proxy.rule = () => ({ status: 403, code: "AccessDenied" });
    await assert.rejects(bytes.open("r/a"), /access is denied/);
    assert.equal(proxy.seen.length, 1);
  });
});

testWithS3("a failing request is given up after so many tries", async () => {
  await withProxy(async (proxy, bytes) => {
    proxy.rule = () => ({ status: 503, code: "SlowDown", headers: { "retry-after": "0" } });
    await assert.rejects(bytes.open("r/a"), /overloaded or failing \(503 SlowDown\)/);
    assert.equal(proxy.seen.length, 3);
  }, 3);
});
