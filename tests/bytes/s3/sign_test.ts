/** Signatures, by the examples that AWS publishes. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  EMPTY_HASH,
  encodeKey,
  encodeQuery,
  presign,
  signHeaders,
} from "../../../src/bytes/s3/sign.ts";

const SCOPE = {
  credentials: {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  },
  region: "us-east-1",
  at: new Date("2013-05-24T00:00:00Z"),
};
const BUCKET = "https://examplebucket.s3.amazonaws.com";

const EXAMPLES = [
  {
    name: "an object of which a range is read",
    request: {
      method: "GET",
      url: new URL(`${BUCKET}/test.txt`),
      headers: { range: "bytes=0-9" },
      bodyHash: EMPTY_HASH,
    },
    signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
  {
    name: "an object that is put",
    request: {
      method: "PUT",
      url: new URL(`${BUCKET}/${encodeKey("test$file.text")}`),
      headers: {
        date: "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
      },
      bodyHash: createHash("sha256").update("Welcome to Amazon S3.").digest("hex"),
    },
    signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  },
  {
    name: "a list of objects",
    request: {
      method: "GET",
      url: new URL(`${BUCKET}/?${encodeQuery({ prefix: "J", "max-keys": "2" })}`),
      headers: {},
      bodyHash: EMPTY_HASH,
    },
    signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  },
];
for (const { name, request, signature } of EXAMPLES) {
  Deno.test(`${name} is signed as AWS's example is`, () => {
    const { authorization } = signHeaders(request, SCOPE);
    assert.equal(/Signature=(.*)$/.exec(authorization!)![1], signature);
  });
}

Deno.test("a URL for others is signed as AWS's example is", () => {
  const { searchParams } = presign(new URL(`${BUCKET}/test.txt`), {}, 86_400, SCOPE);
  assert.equal(
    searchParams.get("X-Amz-Signature"),
    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  );
});

Deno.test("keys are encoded as signatures need it", () => {
  assert.equal(encodeKey("a b/ä+(1)*'!~.txt"), "a%20b/%C3%A4%2B%281%29%2A%27%21~.txt");
});
