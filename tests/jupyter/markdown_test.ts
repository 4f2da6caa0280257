/** Notes: Markdown that can do no more than be read. */
import assert from "node:assert/strict";
import { markdownHtml } from "../../src/jupyter/markdown.ts";

Deno.test("a link of a note leads to a web page, a mail address or a heading, and to nothing else", async () => {
  for (const url of ["http://a.org/b", "https://a.org", "mailto:ana@a.org", "#results"]) {
    const { source } = await markdownHtml(`[x](${url})`);
    assert.ok(source.includes(`<a href="${url}" rel="noopener noreferrer">x</a>`), source);
  }
  const others = ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//a.org"];
  for (
    const url of [...others, "command:run", "smb://a/b", "vscode://a", "ms-word:x", "ftp://a", "a"]
  ) {
    const { source } = await markdownHtml(`[x](${url}) <${url}>`);
    assert.doesNotMatch(source, /<a /, url);
  }
});
