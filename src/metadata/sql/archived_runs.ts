/** Archived runs. Their former status is kept in a table of our own. */
import { assertString } from "../../base/assert.ts";
import { RunNotFoundError } from "../../base/errors.ts";
import { type SqlRow, text } from "../rows/value.ts";
import type { SqlDialect } from "./dialect.ts";
import { get, run, type Script } from "./script.ts";

/**
 * Returns the status and error of a run that is about to be changed.
 *
 * @throws {RunNotFoundError} If the run does not exist.
 */
export function* requireRun(dialect: SqlDialect, id: string): Script<SqlRow> {
  assertString("a run id", id);
  const row = yield* get(`SELECT status, error FROM runs WHERE id = ?${dialect.forUpdate}`, id);
  if (!row) throw new RunNotFoundError(id);
  return row;
}

/** Archives a run, unless it is archived. A running one only if `running` is set. */
export function* archiveRun(
  dialect: SqlDialect,
  id: string,
  { running }: { readonly running: boolean },
): Script<void> {
  const status = text((yield* requireRun(dialect, id)).status);
  if (status === "archived" || status === "running" && !running) return;
  yield* run(
    `INSERT INTO chachaml_archived (run_id, status) VALUES (?, ?)
      ON CONFLICT (run_id) DO UPDATE SET status = excluded.status`,
    id,
    status,
  );
  yield* run("UPDATE runs SET status = 'archived' WHERE id = ?", id);
}

/** Unarchives a run. The former status of a run archived by chachaml is derived from its error. */
export function* unarchiveRun(dialect: SqlDialect, id: string): Script<void> {
  const { status, error } = yield* requireRun(dialect, id);
  if (status !== "archived") return;
  const before = yield* get("SELECT status FROM chachaml_archived WHERE run_id = ?", id);
  const last = before ? text(before.status) : error === null ? "completed" : "failed";
  yield* run("UPDATE runs SET status = ? WHERE id = ?", last, id);
  yield* run("DELETE FROM chachaml_archived WHERE run_id = ?", id);
}
