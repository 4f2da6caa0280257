import assert from "node:assert/strict";
import { StatementCache } from "../../src/metadata/sqlite/statement_cache.ts";

Deno.test("a statement is prepared once while it is used, and forgotten when many others are", () => {
  const cache = new StatementCache<string>();
  let prepared = 0;
  const get = (sql: string) => cache.get(sql, (sql) => (prepared++, sql));
  for (let at = 0; at < 3000; at++) {
    get("hot");
    get(`cold ${at}`);
  }
  assert.equal(cache.size, 500);
  assert.ok(prepared <= 3002, String(prepared));
});
