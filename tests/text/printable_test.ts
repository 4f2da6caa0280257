import assert from "node:assert/strict";
import { toJson } from "../../src/text/format.ts";
import { isPrintable, printable, printableLines } from "../../src/text/printable.ts";

const UNSAFE = ["\u0000", "\u001b", "\u007f", "\u009b", "\u200b", "\u202e", "\u2066", "\ufeff"];

Deno.test("printable text has no character that steers a terminal or cannot be seen", () => {
  for (const character of UNSAFE) {
    const code = character.charCodeAt(0).toString(16).padStart(4, "0");
    assert.equal(printable(`a${character}b`), `a\\u${code}b`);
    assert.equal(isPrintable(character), false);
  }
  for (const text of ["größe", "👩‍👩‍👧", "模型", "a b"]) assert.equal(printable(text), text);
  assert.equal(printable("\ud800x"), "\\ud800x");
  assert.equal(printableLines("a\r\nb\n"), "a\\u000d\nb\n");
});

Deno.test("JSON keeps every character, none of them raw that steers a terminal", () => {
  const value = { [UNSAFE.join("")]: [UNSAFE.join("x"), "👩‍👩‍👧"] };
  const json = toJson(value);
  assert.ok(isPrintable(json));
  assert.deepEqual(JSON.parse(json), value);
});
