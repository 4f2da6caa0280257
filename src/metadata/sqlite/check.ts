/** Detection of damage in a database. */
import { yieldToEventLoop } from "../../base/async.ts";
import type { Database } from "./database.ts";
import { SqlError } from "./sql_driver.ts";
import type { MetadataCheck } from "../metadata_store.ts";

/** Maximum number of findings: one damaged page can cause thousands. */
const MAX_DAMAGE = 10;

/**
 * Reads every page, and compares every index with its table (`quick_check` does not, and a damaged
 * index hides records). Checks one table at a time, so that others can run in between.
 */
export async function checkDatabase(database: Database): Promise<MetadataCheck> {
  const damage: string[] = [];
  const warnings: string[] = [];
  try {
    const tables = await database.read((sql) =>
      sql.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all()
        .map(({ name }) => String(name))
    );
    // The schema's table first; it also covers pages without a table, such as free pages.
    for (const table of ["sqlite_schema", ...tables]) {
      if (damage.length >= MAX_DAMAGE) break;
      await yieldToEventLoop();
      damage.push(
        ...await database.read((sql) =>
          sql.prepare(`PRAGMA integrity_check(${quoteName(table)})`).all()
            .map((row) => String(row.integrity_check)).filter((line) => line !== "ok")
        ),
      );
    }
    const mode = await database.read((sql) =>
      String(sql.prepare("PRAGMA journal_mode").get()!.journal_mode)
    );
    // Without locks SQLite ignores what the file says about its journal.
    if (!database.readsStill && !["wal", "off", "memory"].includes(mode)) {
      warnings.push(`its journal is "${mode}", so that readers wait for writers`);
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    damage.push((error as Error).message);
  }
  return { damage: damage.slice(0, MAX_DAMAGE), warnings };
}

function isDamage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof SqlError) {
      return !["busy", "full", "read-only", "cannot-open"].includes(cause.kind);
    }
  }
  return false;
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
