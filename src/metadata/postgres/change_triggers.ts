/**
 * Functions and triggers that record changes by any program in a table of our own: a row for each
 * subject, kind of change and transaction. Numbers of a sequence would not do: they become visible
 * in another order than they are given, so a reader would miss those of a slow transaction. Ids of
 * transactions can be compared with a snapshot.
 *
 * Rows are only added and removed, so that writers never wait for each other here. A row is removed
 * by a later change of the same kind whose transaction saw it: whoever has seen the later row has
 * also seen the earlier one. Therefore the table stays small.
 */
import { NOTED } from "../rows/change_row.ts";

/** Name of the table. */
export const CHANGES = "chachaml_changes";

/** Id of the current transaction as an SQL expression. */
export const THIS_TRANSACTION = "pg_current_xact_id()::text::bigint";

/** Transactions below this id have ended. */
const ENDED = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

/**
 * Returns the statements that record a change of the subjects in column `column` of `source`.
 * Removes earlier rows of the same kind, and those of `others`.
 */
export function noteOf(
  source: string,
  column: string,
  kind: string,
  others: readonly string[] = [],
): string {
  const kinds = [kind, ...others].map((kind) => `'${kind}'`).join(", ");
  return `DELETE FROM ${CHANGES} WHERE ctid = ANY(ARRAY(
      SELECT c.ctid FROM ${CHANGES} AS c JOIN (SELECT DISTINCT ${column} FROM ${source}) AS s
        ON c.subject = s.${column}
      WHERE c.kind IN (${kinds}) AND (c.xid < ${ENDED}
        OR c.kind <> '${kind}' AND c.xid = ${THIS_TRANSACTION})
      FOR UPDATE OF c SKIP LOCKED));
    INSERT INTO ${CHANGES} (subject, kind, xid)
      SELECT DISTINCT ${column}, '${kind}', ${THIS_TRANSACTION} FROM ${source}
      ON CONFLICT DO NOTHING;`;
}

const noteFunction = (table: string) => `chachaml_note_${table}`;

/** Bodies of the functions, by name. Those of runs and points are part of their other triggers. */
export const CHANGE_FUNCTIONS: Readonly<Record<string, string>> = {
  chachaml_note_runs: noteOf("changed", "id", "run"),
  ...Object.fromEntries(
    NOTED.map(([table, kind, column]) => [
      noteFunction(table),
      // A statement that changes nothing fires its trigger as well.
      `IF NOT EXISTS (SELECT 1 FROM changed) THEN RETURN NULL; END IF;
      ${noteOf("changed", column, kind)}`,
    ]),
  ),
};

/** Triggers, with the functions they call. */
export const CHANGE_TRIGGERS: Readonly<
  Record<string, { readonly on: string; readonly calls: string }>
> = {
  chachaml_note_runs_update: {
    on: "AFTER UPDATE ON runs REFERENCING NEW TABLE AS changed",
    calls: "chachaml_note_runs",
  },
  ...Object.fromEntries(
    NOTED.flatMap(([table]) =>
      (["INSERT", "UPDATE", "DELETE"] as const).map((event) => [
        `chachaml_note_${table}_${event.toLowerCase()}`,
        {
          on: `AFTER ${event} ON ${table} REFERENCING ${
            event === "DELETE" ? "OLD" : "NEW"
          } TABLE AS changed`,
          calls: noteFunction(table),
        },
      ])
    ),
  ),
};
