/** What a notebook shows of an artifact, by its type and size. */
import assert from "node:assert/strict";
import type { Artifact, PutSource, Store } from "../../mod.ts";
import { inMemory, sha256 } from "../support/helpers.ts";
import { assertHarmless, displayOf } from "../support/jupyter_helpers.ts";

/** What is shown of some contents. */
async function shown(
  store: Store,
  name: string,
  source: PutSource,
  contentType?: string,
): Promise<{ html: string; text: string; seen: string; artifact: Artifact }> {
  const artifact = await store.artifacts.put("r", name, source, contentType ? { contentType } : {});
  const { html, text } = await displayOf(artifact);
  return { html, text, seen: assertHarmless(html), artifact };
}

Deno.test("pictures are shown from within the page", () =>
  inMemory(async (store) => {
    for (const name of ["a.png", "a.jpg", "a.webp", "a.gif"]) {
      const { html, text } = await shown(store, name, new Uint8Array([1, 2, 3]));
      assert.match(html, /<img alt="a\.\w+" src="data:image\/\w+;base64,AQID">/);
      assert.match(text, /^Artifact a\.\w+ {2}image\/\w+, 3 B {2}sha256 039058c6f2c0$/);
    }
  }));

Deno.test("an SVG is a picture, and no part of the page", () =>
  inMemory(async (store) => {
    const { html } = await shown(store, "a.svg", "<svg onload='alert(1)'/>");
    assert.ok(html.includes(`src="data:image/svg+xml;base64,${btoa("<svg onload='alert(1)'/>")}"`));
    assert.ok(!html.includes("<svg"));
  }));

Deno.test("sound has what plays it", () =>
  inMemory(async (store) => {
    const { html } = await shown(store, "a.wav", new Uint8Array([1, 2, 3]));
    assert.match(html, /<audio controls src="data:audio\/wav;base64,AQID">/);
  }));

Deno.test("what is too large for a page is a card, and is not read", () =>
  inMemory(async (store) => {
    const bytes = new Uint8Array(5_000_001);
    const { html, seen, artifact } = await shown(store, "large.png", bytes);
    assert.ok(html.length < 3000);
    assert.ok(seen.includes(await sha256(bytes)) && seen.includes("5.0 MB"));
    await Deno.remove(artifact.filePath!);
    assert.equal((await displayOf(artifact)).html, html);
  }));

Deno.test("what has no look is a card with size and hash", () =>
  inMemory(async (store) => {
    for (const [name, type] of [["w.bin"], ["x.heic"], ["v.mp4"], ["a.ts"], ["b", "image/x-<y"]]) {
      if (type?.includes("<")) continue;
      const { seen, artifact } = await shown(store, name!, new Uint8Array([1, 0, 2]));
      assert.ok(seen.includes(artifact.hash), name);
    }
  }));

Deno.test("CSV is a table, whatever its separator", () =>
  inMemory(async (store) => {
    for (
      const [name, text] of [
        ["a.csv", 'name,count\n"a, b",1\nc,20\n'],
        ["b.csv", "name;count\na, b;1\nc;20\n"],
        ["c.tsv", "name\tcount\na, b\t1\nc\t20\n"],
      ]
    ) {
      const { html, text: plain } = await shown(store, name!, text!);
      assert.match(html, /<th>name<\/th><th class="num">count<\/th>/);
      assert.match(html, /<td>a, b<\/td><td class="num">1<\/td>/);
      assert.match(plain, /\n\nname +count\na, b +1\nc +20$/, name);
    }
  }));

Deno.test("of a large CSV the first hundred rows are shown, and not more is read than needed", () =>
  inMemory(async (store) => {
    const text = "a,b\n" + "1,2\n".repeat(500_000);
    const { html, seen } = await shown(store, "a.csv", text);
    assert.equal(html.split("<tr>").length - 2, 100);
    assert.match(seen, /… and more.*the first 256 kB/s);
    // A cut through the last row that is shown would show half of it.
    const whole = await shown(store, "b.csv", "a,b\n" + "1,2\n".repeat(101));
    assert.match(whole.seen, /… and more$/);
    const exact = await shown(store, "c.csv", "a,b\n" + "1,2\n".repeat(100));
    assert.doesNotMatch(exact.seen, /more/);
  }));

Deno.test("JSON is a table where it is one, and lines where not", () =>
  inMemory(async (store) => {
    const rows = await shown(store, "rows.json", [{ a: 1, b: "x" }, { a: 2.5, c: [1] }]);
    assert.match(rows.text, /\n {2}a {2}b {2}c\n {2}1 {2}x\n2\.5 {5}\[1\]$/);
    const object = await shown(store, "object.json", { lr: 0.1, on: true });
    assert.match(object.text, /\nlr {2}0\.1\non {2}true$/);
    const list = await shown(store, "list.json", [1, "a"]);
    assert.match(list.html, /<pre>\[\n {2}1,\n {2}&quot;a&quot;\n\]<\/pre>/);
    const broken = await shown(store, "broken.json", new TextEncoder().encode('{"a":'));
    assert.match(broken.html, /<pre>{&quot;a&quot;:<\/pre>/);
  }));

Deno.test("Markdown is rendered, without the HTML, scripts and pictures in it", () =>
  inMemory(async (store) => {
    const { html, text } = await shown(
      store,
      "a.md",
      "# Head\n\n| a | b |\n|---|---|\n| 1 | **2** |\n\n<u>no</u> [x](javascript:alert(1)) " +
        "[y](https://example.org) ![z](https://example.org/z.png)\n",
    );
    assert.match(html, /<h1>Head<\/h1>/);
    assert.match(html, /<td><strong>2<\/strong><\/td>/);
    assert.match(html, /&lt;u&gt;no/);
    assert.match(html, /<a href="https:\/\/example\.org" rel="noopener noreferrer">y<\/a>/);
    assert.doesNotMatch(html, /<img|href="javascript/);
    assert.match(html, /\[picture: z\]/);
    assert.match(text, /# Head/);
  }));

Deno.test("a page is shown in a frame in which nothing runs or loads", () =>
  inMemory(async (store) => {
    const { html } = await shown(store, "a.html", "<b onclick='x()'>bold</b>");
    assert.match(html, /<iframe sandbox="" srcdoc="[^"]*&#39;none&#39;[^"]*&lt;b onclick/);
  }));

Deno.test("a log shows its head", () =>
  inMemory(async (store) => {
    const lines = Array.from({ length: 50_000 }, (_, at) => `line ${at} ö`).join("\n");
    const { html, text, seen } = await shown(store, "train.log", lines);
    assert.match(seen, /line 199 ö.*the head of 689 kB/s);
    assert.ok(!seen.includes("line 200 "));
    assert.ok(html.length < 10_000);
    assert.match(text, /line 19 ö\n…$/);
  }));

Deno.test("text is shown without what would steer a terminal", () =>
  inMemory(async (store) => {
    const { text } = await shown(store, "a.txt", "a\u001b[31mred\u202ex\r\n");
    assert.match(text, /a\\u001b\[31mred\\u202ex/);
  }));

Deno.test("bytes that only claim to be text are a card", () =>
  inMemory(async (store) => {
    const { html } = await shown(store, "a.txt", new Uint8Array([65, 0, 66]));
    assert.doesNotMatch(html, /<pre>/);
  }));

Deno.test("an artifact whose file is missing says so", () =>
  inMemory(async (store) => {
    const artifact = await store.artifacts.put("r", "a.txt", "text");
    await Deno.remove(artifact.filePath!);
    const { text, html } = await displayOf(artifact);
    assert.match(text, /its file is missing/);
    assert.match(assertHarmless(html), /its file is missing/);
  }));
