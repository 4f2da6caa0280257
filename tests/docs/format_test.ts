/** The page about the format is complete. */
import assert from "node:assert/strict";
import {
  OWN_TABLES as POSTGRES,
  TABLES as POSTGRES_TABLES,
} from "../../src/metadata/postgres/schema.ts";
import { TABLES } from "../../src/metadata/sqlite/schema.ts";

const HEADING = "### In PostgreSQL";

/** The page, and of it the section about PostgreSQL. */
async function page(): Promise<{ all: string; postgres: string }> {
  const all = await Deno.readTextFile(new URL("../../docs/format.md", import.meta.url));
  const [, after] = all.split(`\n${HEADING}\n`);
  assert.ok(after !== undefined, `no section "${HEADING}"`);
  return { all, postgres: after.split("\n## ")[0]! };
}

/** Names that a text lacks; tables of the MLflow protocol stand there as one. */
function missing(text: string, names: readonly string[]): string[] {
  return names.filter((name) => !name.startsWith("mlflow_") && !text.includes(`\`${name}\``));
}

Deno.test("the page about the format names every table of the schema in SQLite", async () => {
  assert.deepEqual(missing((await page()).all, Object.keys(TABLES)), []);
});

Deno.test("the page about the format names every own table in PostgreSQL, and those of SQLite only", async () => {
  const { postgres } = await page();
  const [table, rest] = postgres.split(/(?<=\|)\n\n/);
  assert.deepEqual(missing(table!, Object.keys(POSTGRES)), []);
  const onlySqlite = Object.keys(TABLES).filter((name) => !(name in POSTGRES_TABLES));
  assert.deepEqual(missing(rest!, onlySqlite), []);
  assert.deepEqual(
    Object.keys(POSTGRES_TABLES).filter((name) => rest!.includes(`\`${name}\``)),
    [],
  );
});
