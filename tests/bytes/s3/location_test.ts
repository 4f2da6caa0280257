import assert from "node:assert/strict";
import { InvalidOptionError } from "../../../mod.ts";
import { parseLocation } from "../../../src/bytes/s3/location.ts";

/** Parses with nothing but some variables set. */
function parse(url: string, variables: Record<string, string> = {}) {
  const names = [
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
  ];
  const before = names.map((name) => [name, Deno.env.get(name)] as const);
  for (const name of names) Deno.env.delete(name);
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    return parseLocation(url);
  } finally {
    for (const name of names) Deno.env.delete(name);
    for (const [name, value] of before) if (value !== undefined) Deno.env.set(name, value);
  }
}

Deno.test("a bucket of AWS needs no option", () => {
  const { bucket, prefix, endpoint, region, pathStyle } = parse("s3://models");
  assert.deepEqual(
    [bucket, prefix, endpoint.href, region, pathStyle],
    ["models", "", "https://s3.us-east-1.amazonaws.com/", "us-east-1", false],
  );
});

Deno.test("options and variables say where a bucket is", () => {
  const found = parse(
    "s3://team.models/ml/store/?endpoint=http://ceph:7480&region=eu&storage-class=STANDARD_IA" +
      "&sse=aws:kms&sse-kms-key-id=k1&profile=ci",
  );
  assert.equal(found.prefix, "ml/store/");
  assert.equal(found.endpoint.host, "ceph:7480");
  assert.deepEqual([found.region, found.pathStyle, found.profile], ["eu", true, "ci"]);
  assert.deepEqual(found.objectHeaders, {
    "x-amz-storage-class": "STANDARD_IA",
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": "k1",
  });
  const variables = { AWS_ENDPOINT_URL: "https://a.example", AWS_REGION: "eu-west-1" };
  assert.equal(parse("s3://models", variables).endpoint.host, "a.example");
  const own = { ...variables, AWS_ENDPOINT_URL_S3: "https://b.example" };
  assert.equal(parse("s3://models", own).endpoint.host, "b.example");
  assert.equal(parse("s3://models?path-style=false", own).pathStyle, false);
});

const REFUSED: [url: string, words: RegExp][] = [
  ["s3://", /"" is not the name of a bucket/],
  ["s3:///key", /"" is not the name of a bucket/],
  ["s3://b?region=x", /"b" is not the name of a bucket/],
  ["s3://key:secret@models", /it must not have a secret; set AWS_ACCESS_KEY_ID/],
  ["s3://models?regoin=eu", /there is no option "regoin"; it takes endpoint, region/],
  ["s3://models/a/../b", /its prefix "a\/..\/b" cannot be used/],
  ["s3://models/%ff", /not percent-encoded UTF-8/],
  ["s3://models?endpoint=ceph", /the endpoint "ceph" must be an origin/],
  ["s3://models?endpoint=http://ceph/path", /must be an origin/],
  ["s3://models?endpoint=http://k:secret@ceph", /must be an origin/],
  ["s3://models?endpoint=http%3A%2F%2Fk%3Asecret%40ceph", /must be an origin/],
  ["s3://models?path-style=yes", /path-style takes true or false, not "yes"/],
];
for (const [url, words] of REFUSED) {
  Deno.test(`the URL ${url} is refused`, () => {
    assert.throws(() => parse(url), (error: Error) => {
      assert.match(error.message, words);
      assert.doesNotMatch(error.message, /secret(@|%40)/);
      return error instanceof InvalidOptionError;
    });
  });
}
