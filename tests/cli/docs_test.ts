import assert from "node:assert/strict";
import { formattedPage, PAGE } from "../../tools/cli_docs.ts";

Deno.test("docs/cli.md tells of the commands as they are (else: deno task docs)", async () => {
  assert.equal(await Deno.readTextFile(PAGE), await formattedPage());
});
