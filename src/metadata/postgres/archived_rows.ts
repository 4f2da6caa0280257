/** Former status of archived runs, in a table of our own. */
import { text } from "../rows/value.ts";
import type { Sql } from "./client.ts";
import { lockRow } from "./run_rows.ts";

/** Archives a run that is neither running nor archived. */
export async function archiveRun(sql: Sql, id: string): Promise<void> {
  const { status } = await lockRow(sql, id);
  if (status === "archived" || status === "running") return;
  await sql.run(
    `INSERT INTO chachaml_archived (run_id, status) VALUES (?, ?)
      ON CONFLICT (run_id) DO UPDATE SET status = EXCLUDED.status`,
    id,
    text(status),
  );
  await sql.run("UPDATE runs SET status = 'archived' WHERE id = ?", id);
}

/** Unarchives a run. The former status of a run archived by chachaml is derived from its error. */
export async function unarchiveRun(sql: Sql, id: string): Promise<void> {
  const { status, error } = await lockRow(sql, id);
  if (status !== "archived") return;
  const before = await sql.get("SELECT status FROM chachaml_archived WHERE run_id = ?", id);
  const last = before ? text(before.status) : error === null ? "completed" : "failed";
  await sql.run("UPDATE runs SET status = ? WHERE id = ?", last, id);
  await sql.run("DELETE FROM chachaml_archived WHERE run_id = ?", id);
}
