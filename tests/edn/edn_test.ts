import assert from "node:assert/strict";
import { EdnValue, InvalidOptionError, type ParamValue } from "../../mod.ts";
import { fromEdn, sameEdn, toEdn, toStoredEdn } from "../../src/edn/mod.ts";

/** What is read, as what, and how it is written back if not as it was. */
const VALUES: [text: string, value: unknown, written?: string][] = [
  ["nil", null],
  ["true", true],
  ["false", false],
  ['"adam \\"quoted\\""', 'adam "quoted"'],
  [
    '"\\t\\b\\n\\r\\f\\\\ ✓ \\u00e9 \\101 \\1012"',
    "\t\b\n\r\f\\ ✓ é A A2",
    '"\\t\\b\\n\\r\\f\\\\ ✓ é A A2"',
  ],
  ["10", 10],
  ["-7", -7],
  ["+5", 5, "5"],
  ["-0", 0, "0"],
  ["0x1F", 31, "31"],
  ["-017", -15, "-15"],
  ["36rZz", 1295, "1295"],
  ["2r101", 5, "5"],
  ["9007199254740991", 9007199254740991],
  ["0.01", 0.01],
  ["-0.0", -0],
  ["1.0E-10", 1e-10, "1e-10"],
  ["1e21", 1e21, "1e+21"],
  ["9007199254740992.0", 2 ** 53],
  ["##NaN", NaN],
  ["##Inf", Infinity],
  ["##-Inf", -Infinity],
  ["10N", 10n],
  ["9007199254740992", 2n ** 53n],
  ["-9223372036854775808", -(2n ** 63n)],
  ["9223372036854775808N", 2n ** 63n],
  ["9223372036854775808", 2n ** 63n, "9223372036854775808N"],
  ["0xFFFFFFFFFFFFFFFF", 2n ** 64n - 1n, "18446744073709551615N"],
  ["[]", []],
  ['[1 2.5 "x" nil [true]]', [1, 2.5, "x", null, [true]]],
  ['[1"a"[2]#{3}-4]', [1, "a", [2], new Set([3]), -4], '[1 "a" [2] #{3} -4]'],
  ['#{1 "a" [2]}', new Set([1, "a", [2]])],
  ["{}", {}],
  ['{:a 1, :b/c {:d [2]}, "e f" 3}', { a: 1, "b/c": { d: [2] }, "e f": 3 }],
  ["{:clé 1, :->x 2, :-- 3, :.b 4}", { "clé": 1, "->x": 2, "--": 3, ".b": 4 }],
  ["#:a{:b 1, :_/c 2, :d/e 3}", { "a/b": 1, c: 2, "d/e": 3 }, "{:a/b 1, :c 2, :d/e 3}"],
  ['{1 2, "k" nil}', new Map<unknown, unknown>([[1, 2], ["k", null]])],
  ['#inst "2020-01-01T00:00:00.000-00:00"', new Date("2020-01-01T00:00:00Z")],
  [
    '#inst "2020-02-29T23:30:00.120000+01:30"',
    new Date("2020-02-29T22:00:00.120Z"),
    '#inst "2020-02-29T22:00:00.120-00:00"',
  ],
  ['#inst "1999"', new Date("1999-01-01T00:00:00Z"), '#inst "1999-01-01T00:00:00.000-00:00"'],
  [" ;one\n #_ two #_ #_ (3) four , 5 ; six", 5, "5"],
  ["[1 #_ 2 ;3\r 4 #_#foo 5]", [1, 4], "[1 4]"],
];

for (const [text, value, written = text] of VALUES) {
  Deno.test(`fromEdn() reads ${text}, and toEdn() writes it`, () => {
    const read = fromEdn(text);
    assert.deepEqual(read, value);
    assert.equal(toEdn(read as ParamValue), written);
  });
}

/** What JavaScript lacks: its kind, the view of it, and what JSON says of it if that is another. */
const LACKED: [text: string, kind: string, value: unknown, json?: unknown][] = [
  [":adam", "keyword", "adam"],
  [":a/b", "keyword", "a/b"],
  ["sym/bol", "symbol", "sym/bol"],
  ["/", "symbol", "/"],
  ["\\a", "character", "a"],
  ["\\newline", "character", "\n"],
  ["\\u2713", "character", "✓"],
  ["\\o101", "character", "A"],
  ["\\(", "character", "("],
  ["\\ ", "character", " "],
  ["1/3", "ratio", 1 / 3],
  ["-4/2", "ratio", -2],
  [`${"9".repeat(400)}/${"3".repeat(400)}`, "ratio", 3],
  ["1.5M", "decimal", 1.5],
  ["-1M", "decimal", -1],
  ["0.10000000000000000000001M", "decimal", 0.1],
  ["9007199254740993N", "integer", 9007199254740993n, "9007199254740993"],
  ["(1 \\a ;c\n 2)", "list", [1, new EdnValue("character", "\\a", "a"), 2], [1, "a", 2]],
  [
    '#uuid "00000000-0000-0000-0000-000000000001"',
    "tagged",
    "00000000-0000-0000-0000-000000000001",
  ],
  ["#my/tag  {:a #{1 2N}}", "tagged", { a: new Set([1, 2n]) }, { a: [1, "2"] }],
  ['#inst "2020-01-01T00:00:00.123456789Z"', "tagged", "2020-01-01T00:00:00.123456789Z"],
  ['#inst "2021-02-29"', "tagged", "2021-02-29"],
  ['#inst "2020-01-01T24:00:00Z"', "tagged", "2020-01-01T24:00:00Z"],
  ['#inst "0000-01-01T00:00:00+01:00"', "tagged", "0000-01-01T00:00:00+01:00"],
  ["#inst 5", "tagged", 5],
];

for (const [text, kind, value, json = value] of LACKED) {
  const shown = text.length > 60 ? `${text.slice(0, 20)}…` : text;
  Deno.test(`fromEdn() gives ${shown} the kind ${kind}, and toEdn() writes it as it is`, () => {
    const read = fromEdn(text);
    assert.ok(read instanceof EdnValue);
    assert.deepEqual({ ...read }, { kind, text, value });
    assert.equal(String(read), text);
    assert.equal(JSON.stringify(read), JSON.stringify(json));
    assert.equal(Deno.inspect(read), `EdnValue(${text})`);
    assert.equal(toEdn(read), text);
    assert.equal(toEdn([read, { a: read }]), `[${text} {:a ${text}}]`);
    assert.deepEqual(fromEdn(toEdn([read, { a: read }])), [read, { a: read }]);
    assert.deepEqual(EdnValue.of(text), read);
  });
}

/** What Clojure cannot read either, but for the last lines. */
const UNREADABLE = [
  ...["", " ", ";", "#_ 1", "1 2", "[1", "1]", "(1]", '"a', '"\\x"', '"\\400"', '"\\u12"', "{:a}"],
  ...["{:a 1 :a 2}", "#:a{:b 1 :a/b 2}", "#{1 1}", "#{5 5N}", "#{[1] (1)}", "#{{:a 1} {:a 1}}"],
  ...["#{1.0M 1.00M}", "{1/2 1, 2/4 2}", '#{#inst "2020" #inst "2020-01"}', "1a", "08", "2r102"],
  ...["37r1", "1/0", "16rFFN", ":", "::a", "a:", "a/", "/a", ":a::b", "##Foo", "#foo", "[#foo]"],
  ...["#true 1", "#", "#1 2", "#::{:a 1}", "#:a/b{:c 1}", "#:a[1]", "\\", "\\oops", "\\ud800"],
  ...["^{:a 1} b", "lost } text", "\u0000", "[1 #_]"],
  // Sound, but JavaScript cannot tell the two apart.
  ...["#{1 1.0}", "{1 :a, 1.0 :b}", "#{0 -0.0}"],
];

for (const text of UNREADABLE) {
  Deno.test(`fromEdn() gives ${JSON.stringify(text)} as it is, and toEdn() writes it so`, () => {
    const read = fromEdn(text);
    if (text === "\u0000") assert.deepEqual(read, new EdnValue("symbol", text, text));
    else assert.deepEqual(read, new EdnValue("unreadable", text, text));
    assert.equal(toEdn(read as EdnValue), text);
    assert.equal(JSON.stringify(read), JSON.stringify(text));
    if (text === "\u0000") return;
    assert.throws(() => toEdn([read as EdnValue]), InvalidOptionError);
    assert.throws(() => EdnValue.of(text), InvalidOptionError);
  });
}

Deno.test("fromEdn() gives a map as an object only where its keys come back as they were", () => {
  const a = new EdnValue("keyword", ":a", "a");
  assert.deepEqual(
    fromEdn('{:a 1, "b" [1 2]}'),
    new Map<unknown, unknown>([[a, 1], ["b", [1, 2]]]),
  );
  for (const text of ['{"a" 1}', "{:1 2}", "{:a:b 1}", "{a 1}", "{[1] {:a 1}}", "{nil 1}"]) {
    const read = fromEdn(text);
    assert.ok(read instanceof Map, text);
    assert.equal(toEdn(read as ReadonlyMap<ParamValue, ParamValue>), text);
  }
});

Deno.test("fromEdn() makes __proto__ and constructor own properties", () => {
  const read = fromEdn("{:__proto__ {:polluted true}, :constructor 1}") as Record<string, unknown>;
  assert.deepEqual(Object.keys(read), ["__proto__", "constructor"]);
  assert.equal(Object.getPrototypeOf(read), Object.prototype);
  assert.equal(read.polluted, undefined);
  assert.equal(toEdn(read as ParamValue), "{:__proto__ {:polluted true}, :constructor 1}");
});

for (const [open, close] of [["[", "]"], ["(", ")"], ["#{", "}"], ["{:a ", "}"], ["#a ", ""]]) {
  Deno.test(`fromEdn() reads ${open} nested 1000 times, and leaves 100,000 unread`, () => {
    const deep = (times: number) => `${open!.repeat(times)}1${close!.repeat(times)}`;
    for (const [times, isRead] of [[1000, true], [1001, false], [100_000, false]] as const) {
      const read = fromEdn(deep(times));
      assert.equal(!(read instanceof EdnValue && read.kind === "unreadable"), isRead, `${times}`);
      assert.equal(toEdn(read as ParamValue), deep(times));
    }
    const bombs = [open!.repeat(100_000), "#_".repeat(100_000), "## ".repeat(100_000)];
    for (const bomb of bombs) assert.equal((fromEdn(bomb) as EdnValue).kind, "unreadable");
  });
}

Deno.test("toEdn() writes what JSON lacks", () => {
  const values: [ParamValue, string][] = [
    [{ left: undefined, out: 1 }, "{:out 1}"],
    [new Set<ParamValue>([1, "a", null]), '#{1 "a" nil}'],
    [new Map<ParamValue, ParamValue>([["a", 1], [[2], new Set()]]), '{"a" 1, [2] #{}}'],
    [new Date(0), '#inst "1970-01-01T00:00:00.000-00:00"'],
    [[1n, 2n ** 60n, -(2n ** 64n)], "[1N 1152921504606846976 -18446744073709551616N]"],
    [
      { "1": 1, ":k": 2, "": 3, "a b": 4, "a/b/c": 5, "-1": 6, nil: 7 }, //
      '{"1" 1, ":k" 2, "" 3, "a b" 4, "a/b/c" 5, "-1" 6, :nil 7}',
    ],
    [
      [1, 0.5, -0, 1e21, 1e20, 5e-324, 2 ** 53],
      "[1 0.5 -0.0 1e+21 100000000000000000000.0 5e-324 9007199254740992.0]",
    ],
    [Object.assign(Object.create(null), { a: 1 }), "{:a 1}"],
  ];
  for (const [value, text] of values) assert.equal(toEdn(value), text);
});

Deno.test("toEdn() writes what an object says of itself for JSON", () => {
  assert.equal(toEdn({ a: new URL("file:///a") } as unknown as ParamValue), '{:a "file:///a"}');
  const itself = { toJSON: (): unknown => itself };
  assert.throws(() => toEdn(itself as unknown as ParamValue), /contains itself/);
});

Deno.test("text with U+0000 or half a character is written again, and not stored", () => {
  for (const text of ["a\0", "\ud800", "\udc00a"]) {
    assert.equal(fromEdn(toEdn([text])) instanceof Array, true);
    for (const value of [text, [text], { [text]: 1 }, new Set([text]), new Map([["k", text]])]) {
      assert.throws(() => toStoredEdn(value, "param p"), (error: Error) => {
        assert.ok(error instanceof InvalidOptionError);
        assert.match(error.message, /as param p/);
        return true;
      });
    }
  }
});

Deno.test("EDN texts of one value are the same, whatever the order of keys", () => {
  for (
    const [a, b, same] of [
      ["{:a 1, :b [1 2]}", "{:b [1 2] :a 1}", true],
      ["1.0E-10", "1e-10", true],
      ["1e-3M", "0.001", true],
      ["[1.50M]", "[1.5]", true],
      ["0.1M", "0.1000000000000000001M", false],
      ["3N", "3.0", true],
      ["#{1 2}", "#{2 1}", true],
      ["[1 2]", "[2 1]", false],
      ["1", '"1"', false],
      ["{:a nil}", "{}", false],
      ["(", "(", true],
      ["(", ")", false],
    ] as const
  ) assert.equal(sameEdn(a, b), same, `${a} ${b}`);
});

Deno.test("toEdn() refuses what it would lose, and says what", () => {
  const cycle: unknown[] = [1];
  cycle.push({ cycle });
  const map = new Map();
  map.set("a", new Set([map]));
  let deep: unknown = [];
  for (let times = 0; times < 100_000; times++) deep = [deep];
  const refused: [unknown, RegExp][] = [
    [undefined, /undefined: params and tags are/],
    [[undefined], /undefined/],
    [Array(2), /undefined/],
    [new Map([["a", undefined]]), /undefined/],
    [() => 1, /Function/],
    [Symbol("s"), /Symbol/],
    [{ a: new Blob() }, /Blob.* as a: /],
    [new Uint8Array(1), /Uint8Array/],
    [new (class Model {})(), /Model/],
    [new Date(NaN), /Invalid Date/],
    [new Date(253402300800000), /year/],
    [cycle, /contains itself/],
    [map, /contains itself/],
    [deep, /too deeply/],
    [new Set([new Date(0), new Date(0)]), /equal/],
    [new Map([[[1], 1], [[1], 2]]), /equal/],
    [new Set([5, 5n]), /equal/],
    [[new EdnValue("keyword", ":a :b", "a")], /more than one/],
    [[new EdnValue("symbol", "a ;", "a")], /EDN/],
  ];
  for (const [value, message] of refused) {
    assert.throws(() => toEdn(value as ParamValue), (error) => {
      assert.ok(error instanceof InvalidOptionError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
  const shared = [1];
  assert.equal(toEdn([shared, { shared }]), "[[1] {:shared [1]}]");
});

Deno.test("EdnValue.of() refuses what JavaScript has itself", () => {
  for (const text of ["1", "nil", '"a"', "[:a]", "{}", "10N"]) {
    assert.throws(() => EdnValue.of(text), /JavaScript has this value itself/);
  }
});

Deno.test("a number of very many digits is kept as text, not reckoned with", () => {
  for (
    const text of ["9".repeat(200_000), `1/${"7".repeat(200_000)}`, `-${"9".repeat(200_000)}N`]
  ) {
    const value = fromEdn(text) as EdnValue;
    assert.deepEqual([value.kind, value.text], ["unreadable", text]);
  }
  assert.equal(fromEdn("9".repeat(5000)), BigInt("9".repeat(5000)));
});
