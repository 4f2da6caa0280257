import assert from "node:assert/strict";
import { parseEDNString } from "npm:edn-data@~1.2.2";
import fc from "npm:fast-check@~4.11.0";
import { EdnValue, type ParamValue } from "../../mod.ts";
import { fromEdn, toEdn } from "../../src/edn/mod.ts";

const RUNS = { seed: 11, numRuns: 2000 };

/** Keys of every sort: such as can be keywords, such as cannot, and such as are names elsewhere. */
const key = fc.oneof(
  fc.stringMatching(/^[a-zé*!_?$%&=<>+.-][a-z0-9é*!_?$%&=<>+.-]{0,3}(\/[a-z+.-]{1,2})?$/),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constantFrom("__proto__", "constructor", "toString", "1", "nil", ":a", "a/b/c", "/"),
);

const scalar = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.string({ unit: "binary" }),
  fc.boolean(),
  fc.constant(null),
  fc.date({
    min: new Date("0000-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59.999Z"),
    noInvalidDate: true,
  }),
  fc.constantFrom(":a", "a/b", "\\a", "1/3", "1.50M", "(1 [2])", '#uuid "x"', "#t {}")
    .map(EdnValue.of),
);

const value = fc.letrec<{ value: ParamValue; distinct: ParamValue }>((tie) => ({
  // Of a set of numbers, EDN and JavaScript disagree on what is equal: -0, 0 and 0n.
  distinct: fc.oneof({ maxDepth: 2 }, fc.integer(), fc.string(), fc.array(fc.integer())),
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    fc.uniqueArray(tie("distinct"), { maxLength: 4, selector: String })
      .map((items) => new Set(items)),
    fc.uniqueArray(fc.tuple(fc.integer(), tie("value")), { maxLength: 4, selector: ([k]) => k })
      // An empty map comes back as an object.
      .filter((entries) => entries.length > 0)
      .map((entries) => new Map(entries)),
  ),
})).value;

Deno.test("fromEdn() gives any value as toEdn() has written it", () => {
  fc.assert(fc.property(value, (value) => assert.deepEqual(fromEdn(toEdn(value)), value)), RUNS);
});

Deno.test("another reader of EDN gives what JSON can say as toEdn() has written it", () => {
  const plain = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: "binary" }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      // That reader takes a property __proto__ for the prototype.
      fc.dictionary(key.filter((key) => key !== "__proto__"), tie("value"), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
    ),
  })).value;
  fc.assert(
    fc.property(plain, (value) => {
      const read = parseEDNString(toEdn(value as ParamValue), {
        mapAs: "object",
        keywordAs: "string",
      });
      assert.deepEqual(read, value);
    }),
    RUNS,
  );
});

/** EDN as a program or a person may write it, with an equal text in the form that toEdn() writes. */
type Pair = readonly [written: string, normal: string];

const blank = fc.constantFrom(" ", ", ", "\n", " ;note }\n", " #_ [1 2] ", " #_#_ a b ");

const same = (text: string): Pair => [text, text];

const atom: fc.Arbitrary<Pair> = fc.oneof(
  fc.integer().map((value) => same(String(value))),
  fc.nat().map((value): Pair => [`0x${value.toString(16)}`, String(value)]),
  fc.integer({ min: 2, max: 36 }).chain((radix) =>
    fc.nat().map((value): Pair => [`+${radix}r${value.toString(radix).toUpperCase()}`, `${value}`])
  ),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }).map((value) => same(String(value))),
  fc.bigInt().map((value) => same(`${value}N`)),
  fc.tuple(fc.integer(), fc.integer({ min: 1 })).map(([n, d]) => same(`${n}/${d}`)),
  fc.tuple(fc.integer(), fc.stringMatching(/^[0-9]{1,30}$/), fc.integer({ min: -400, max: 400 }))
    .map(([whole, part, exponent]) => same(`${whole}.${part}E${exponent}M`)),
  fc.integer({ min: 0, max: 0xffff })
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => same(`\\u${code.toString(16).padStart(4, "0")}`)),
  fc.constantFrom("\\a", "\\(", "\\\\", '\\"', "\\;", "\\newline", "\\space", "\\o12").map(same),
  key.filter((key) => /^[a-z/.-]+$/.test(key) && !/^[/]|[/]$|[/].*[/]|^(nil|true)$/.test(key))
    .map((name) => same(`:${name}`)),
  fc.constantFrom("sym", "a/b", "->x", "x'", "/", "-", "+", "..", "a#b", "nil?").map(same),
  fc.constantFrom("nil", "true", "false", "##NaN", "##Inf", "##-Inf", '#inst "0"').map(same),
  fc.string({ unit: "grapheme" }).map((text) => same(JSON.stringify(text))),
);

const text = fc.letrec<{ text: Pair }>((tie) => {
  const items = (open: string, close: string) =>
    fc.array(fc.tuple(tie("text"), blank), { maxLength: 4 }).map((items): Pair => [
      open + items.map(([[written], blank]) => blank + written + blank).join("") + close,
      open + items.map(([[, normal]]) => normal).join(" ") + close,
    ]);
  return {
    text: fc.oneof(
      { maxDepth: 4 },
      atom,
      items("[", "]"),
      // Kept as they are, blanks and all.
      items("(", ")").map(([written]) => same(written)),
      fc.tuple(blank, tie("text")).map(([blank, [written]]) => same(`#my/tag${blank}${written}`)),
      tie("text").map(([written, normal]): Pair => [`#{ ${written}}`, `#{${normal}}`]),
      fc.tuple(tie("text"), tie("text")).map((
        [[a, b], [c, d]],
      ): Pair => [`{:k ${a} ,"a b" ${c} }`, `{:k ${b}, "a b" ${d}}`]),
      fc.tuple(tie("text"), tie("text")).map((
        [[a, b], [c, d]],
      ): Pair => [`#:n{:k ${a} :_/l ${c} }`, `{:n/k ${b}, :l ${d}}`]),
      fc.tuple(tie("text"), tie("text")).filter(([[, key]]) => !key.startsWith('"'))
        .map(([[a, b], [c, d]]): Pair => [`{ [${a}] ${c} }`, `{[${b}] ${d}}`]),
    ),
  };
}).text;

Deno.test("toEdn() writes any EDN text as fromEdn() has read it", () => {
  fc.assert(
    fc.property(text, blank, ([written, normal], blank) => {
      const read = fromEdn(blank + written + blank);
      assert.ok(!(read instanceof EdnValue && read.kind === "unreadable"), written);
      assert.equal(toEdn(read as ParamValue), normal);
      assert.deepEqual(fromEdn(normal), read);
    }),
    RUNS,
  );
});

Deno.test("fromEdn() never throws, and what it gives is written back to the same", () => {
  const token = fc.constantFrom(
    ...["(", ")", "[", "]", "{", "}", "#{", "#_", "#", "##", "#:a", "\\", '"', ";", "\n", " ", "^"],
    ...[":", "/", "N", "M", "0", "1", "-", ".", "e", "r", "a", "nil", "NaN", "Inf", "#inst", "é"],
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.array(token).map((tokens) => tokens.join("")), fc.string({ unit: "binary" })),
      (text) => {
        const read = fromEdn(text);
        const written = toEdn(read as ParamValue);
        assert.deepEqual(fromEdn(written), read);
        assert.equal(
          typeof JSON.stringify({ read: read instanceof EdnValue ? read : 0 }),
          "string",
        );
      },
    ),
    { ...RUNS, numRuns: 5000 },
  );
});
