/** Former status of archived runs, in a table of our own. */
import type { SqlConnection } from "./sql_driver.ts";

const TABLE = "chachaml_archived";

/** Archives a run that is neither running nor archived. */
export function archiveRun(sql: SqlConnection, id: string): void {
  const row = sql.prepare("SELECT status FROM runs WHERE id = ?").get(id);
  const status = String(row?.status);
  if (status === "archived" || status === "running") return;
  sql.prepare(`INSERT OR REPLACE INTO ${TABLE} (run_id, status) VALUES (?, ?)`).run(id, status);
  sql.prepare("UPDATE runs SET status = 'archived' WHERE id = ?").run(id);
}

/** Unarchives a run. The former status of a run archived by chachaml is derived from its error. */
export function unarchiveRun(sql: SqlConnection, id: string): void {
  const row = sql.prepare("SELECT status, error FROM runs WHERE id = ?").get(id);
  if (row?.status !== "archived") return;
  const before = sql.prepare(`SELECT status FROM ${TABLE} WHERE run_id = ?`).get(id)?.status;
  const status = before ?? (row.error === null ? "completed" : "failed");
  sql.prepare("UPDATE runs SET status = ? WHERE id = ?").run(status, id);
  sql.prepare(`DELETE FROM ${TABLE} WHERE run_id = ?`).run(id);
}
