import assert from "node:assert/strict";
import { formattedPage, PAGE } from "../../tools/cli_docs.ts";

Deno.test("docs/cli.md tells of the commands as they are (else: deno task docs)", async () => {
  assert.equal(await Deno.readTextFile(PAGE), await formattedPage());
});

Deno.test("the tables of docs/cli.md render whole, bars in them too", async () => {
  const { default: MarkdownIt } = await import("npm:markdown-it@~15.0.0");
  const html = new MarkdownIt().render(await Deno.readTextFile(PAGE));
  const rows = [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) => row!);
  assert.ok(rows.length > 50);
  for (const row of rows) {
    const cells = [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => cell!);
    assert.equal(cells.length, 2, row);
    for (const cell of cells) {
      assert.equal(cell.match(/`/g), null, `code is cut in: ${cell}`);
      assert.doesNotMatch(cell, /\\\|/);
    }
  }
  assert.match(html, /<code>… \| head -1<\/code>/);
});
