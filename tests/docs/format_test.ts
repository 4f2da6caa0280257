/** The page about the format is complete. */
import assert from "node:assert/strict";
import { TABLES } from "../../src/metadata/sqlite/schema.ts";

Deno.test("the page about the format names every table of the schema", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/format.md", import.meta.url));
  const missing = Object.keys(TABLES)
    .filter((table) => !table.startsWith("mlflow_") && !page.includes(`\`${table}\``));
  assert.deepEqual(missing, []);
});
