/** What was typed as the value of a param is what is stored. */
import assert from "node:assert/strict";
import { EdnValue } from "../../mod.ts";
import { parseBytes, parseJson } from "../../src/cli/values.ts";
import { formatValue } from "../../src/text/format.ts";
import { chachaml, json, ok, startRun } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

Deno.test("text becomes a number only if the number prints as that text", () => {
  for (const text of ["0", "1", "-3", "0.1", "9007199254740991", "1e+21", "5e-324"]) {
    assert.equal(parseJson(text), Number(text), text);
  }
  for (const text of ["3.10", "1.0", "1e-3", "1E5", "0.1234567890123456789", "1e999", "-0.50"]) {
    const value = parseJson(text) as EdnValue;
    assert.ok(value instanceof EdnValue, text);
    assert.deepEqual([value.kind, value.text], ["decimal", `${text}M`]);
    assert.equal(formatValue(value), text);
  }
  for (const text of ["9007199254740993", "-123456789012345678901234567890"]) {
    assert.equal(parseJson(text), BigInt(text));
  }
  for (const text of ["007", "+1", ".5", "1.", "0x10", "1_000", " 1", "NaN", "Infinity", "1e"]) {
    assert.equal(parseJson(text), text);
  }
  assert.deepEqual(parseJson("[1,2.50,9007199254740993]"), [
    1,
    EdnValue.of("2.50M"),
    9007199254740993n,
  ]);
  assert.deepEqual(parseJson('{"a":{"b":[true,null,"1.0"]}}'), { a: { b: [true, null, "1.0"] } });
});

Deno.test("every finite number comes back as it is printed", () => {
  for (let at = 0; at < 2000; at++) {
    const value = (Math.random() - 0.5) * 10 ** Math.floor(Math.random() * 40 - 20);
    assert.equal(parseJson(String(value)), value);
  }
});

Deno.test("a param keeps what was typed, and is the number that it is worth", async () => {
  await inTempDir(async (dir) => {
    const run = await startRun(dir);
    await ok(dir, ["log", run, "--param", "python=3.10", "--param", "lr=1e-3"]);
    assert.match(await ok(dir, ["show", run]), /python\s+3\.10\b[\s\S]*|lr\s+1e-3/);
    assert.match(await ok(dir, ["show", run]), /1e-3/);
    for (const test of ["lr=0.001", "lr=1e-3", "lr<=1e-3", "lr<0.01", "python=3.1"]) {
      assert.equal((await json(dir, ["runs", "--param", test])).length, 1, test);
    }
    assert.equal((await json(dir, ["runs", "--param", "lr<1e-3"])).length, 0);
    // The same value in another form is no change; another one is.
    await ok(dir, ["log", run, "--param", "lr=0.001"]);
    assert.equal((await chachaml(dir, ["log", run, "--param", "lr=0.002"])).code, 1);
    assert.match(await ok(dir, ["show", run]), /1e-3/);
  });
});

Deno.test("parseBytes() reads sizes in both kinds of units", () => {
  const cases: [string, number][] = [
    ["1", 1],
    ["500B", 500],
    ["64kB", 64_000],
    ["1.5MB", 1_500_000],
    ["2GiB", 2 * 1024 ** 3],
    ["10k", 10_000],
  ];
  for (const [text, bytes] of cases) assert.equal(parseBytes("max-output", text), bytes, text);
  for (const text of ["", "0", "MB", "-1", "1XB", "1e3"]) {
    assert.throws(() => parseBytes("max-output", text), text);
  }
});
