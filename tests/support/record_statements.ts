/**
 * Records the statements that a test process prepares, when it is preloaded (`deno test --preload`):
 * one JSON line each, in the file that CHACHAML_TEST_STATEMENTS names.
 */
import { DatabaseSync } from "node:sqlite";

const SOURCE = new URL("../../src/", import.meta.url).href;
/** Files through which a statement passes on its way to the driver. */
const DRIVER = ["builtin_driver.ts", "statement_cache.ts", "replaceable_connection.ts"];

const path = Deno.env.get("CHACHAML_TEST_STATEMENTS")!;
const seen = new Set<string>();
const prepare = DatabaseSync.prototype.prepare;

DatabaseSync.prototype.prepare = function (sql, ...rest) {
  const site = siteOf(new Error().stack ?? "");
  const line = JSON.stringify({ sql, site });
  if (site !== undefined && !seen.has(line)) {
    seen.add(line);
    // A line is written at once: test files run in several threads.
    Deno.writeTextFileSync(path, `${line}\n`, { append: true });
  }
  return prepare.call(this, sql, ...rest);
};

/** Returns the line of `src/` that asked the driver, as `metadata/sqlite/check.ts:12`. */
function siteOf(stack: string): string | undefined {
  for (const [, file, line] of stack.matchAll(/(file:\/\/[^\s()]+?):(\d+):\d+/g)) {
    if (!file!.startsWith(SOURCE) || DRIVER.some((name) => file!.endsWith(`/${name}`))) continue;
    return `${file!.slice(SOURCE.length)}:${line}`;
  }
  return undefined;
}
