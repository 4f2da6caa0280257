/** Notes of replacements under way. */
import { entryOf, SELECT_ENTRY } from "./artifact_rows.ts";
import { describe, forgetReplacement } from "./artifact_writes.ts";
import type { Database } from "./database.ts";
import type { SqlConnection } from "./sql_driver.ts";
import type { ArtifactRecord, IndexEntry } from "../artifact_index.ts";

type Verdict = "replaced" | "not replaced" | "under way";

/** Has the row describe the bytes that have replaced its own. */
export function adoptReplacement(
  sql: SqlConnection,
  { record, replacement }: IndexEntry,
): ArtifactRecord {
  forgetReplacement(sql, record.id);
  return describe(sql, record, replacement!);
}

/** Finishes or drops the notes that a crash left; gives keys of staged bytes that are not needed. */
export async function settleReplacements(
  database: Database,
  judge: (entry: IndexEntry) => Promise<Verdict>,
): Promise<string[]> {
  const pending = (sql: SqlConnection) =>
    sql.prepare(`${SELECT_ENTRY} WHERE r.staged IS NOT NULL`).all().map(entryOf);
  const stray = "SELECT artifact_id, staged FROM artifact_replacements " +
    "WHERE artifact_id NOT IN (SELECT id FROM artifacts)";
  const any = (sql: SqlConnection) =>
    sql.prepare("SELECT 1 FROM artifact_replacements LIMIT 1").get() !== undefined;
  if (!await database.read(any)) return [];
  let entries: IndexEntry[] = [];
  const verdicts = new Map<IndexEntry, Verdict>();
  return await database.write({
    alone: true,
    check: (sql) => {
      entries = pending(sql);
      return "now";
    },
    publish: async () => {
      for (const entry of entries) verdicts.set(entry, await judge(entry));
    },
    apply: (sql) => {
      const unneeded: string[] = [];
      for (const [entry, verdict] of verdicts) {
        if (verdict === "under way") continue;
        if (verdict === "replaced") adoptReplacement(sql, entry);
        else forgetReplacement(sql, entry.record.id);
        unneeded.push(entry.replacement!.staged);
      }
      for (const row of sql.prepare(stray).all()) {
        forgetReplacement(sql, String(row.artifact_id));
        unneeded.push(String(row.staged));
      }
      return unneeded;
    },
  });
}
