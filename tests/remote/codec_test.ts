/** Values on their way between processes. */
import assert from "node:assert/strict";
import { ArtifactExistsError, EdnValue, RunNotFoundError, StorageError } from "../../mod.ts";
import { decode, encode } from "../../src/remote/protocol/codec.ts";

Deno.test("values arrive as they were sent", () => {
  for (
    const value of [
      null,
      undefined,
      true,
      "text \u0000 \ud800 \u2028",
      [1.5, -0, NaN, Infinity, -Infinity, 2 ** 53, 5e-324],
      12345678901234567890n,
      new Date(1e12),
      new Map<unknown, unknown>([["a", new Date(0)], [1, undefined]]),
      new Set(["a", NaN]),
      EdnValue.of(":adam"),
      EdnValue.of("1/3"),
      Float64Array.of(1, NaN, -0),
      { a: undefined, $date: 1, "": { $map: [] } },
      { $object: [] },
      JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}'),
      [],
      {},
    ]
  ) {
    assert.deepStrictEqual(decode(encode(value)), value);
  }
  const { problem } = decode(encode({ problem: new Date(NaN) })) as { problem: Date };
  assert.ok(Number.isNaN(problem.getTime()));
});

Deno.test("errors arrive with class, code, words and fields", () => {
  const sent = new ArtifactExistsError("r", "a");
  const error = decode(encode(sent)) as ArtifactExistsError;
  assert.ok(error instanceof ArtifactExistsError);
  assert.deepEqual(
    [error.name, error.code, error.message, error.runId, error.artifactName],
    [sent.name, sent.code, sent.message, "r", "a"],
  );
  const write = () => "--if-exists";
  assert.equal(error.messageIn(write), sent.messageIn(write));
  assert.ok(error.messageIn(write).includes("--if-exists"));
  assert.ok(decode(encode(new RunNotFoundError("r"))) instanceof RunNotFoundError);
});

Deno.test("what a server itself got wrong is not sent", () => {
  for (const sent of [new StorageError("write /secret/x", "denied"), new Error("/secret/x")]) {
    const error = decode(encode(sent)) as StorageError;
    assert.ok(error instanceof StorageError);
    assert.ok(!encode(sent).includes("secret"));
    assert.match(error.message, /see the server's log/);
  }
});

Deno.test("text of another form is refused", () => {
  for (
    const text of [
      '{"$what":1}',
      '{"$map":1}',
      '{"$map":[[1]]}',
      '{"$bigint":"x"}',
      '{"$floats":"AA=="}',
      '{"$object":[[1,2]]}',
      "[".repeat(5000) + "]".repeat(5000),
      "{",
    ]
  ) {
    assert.throws(() => decode(text), SyntaxError, text.slice(0, 50));
  }
});
