/**
 * Triggers that record changes by any program in a table of our own: one row per subject and kind
 * of change, which moves to the end when it happens again, so the table stays small. Metric points
 * are not recorded: they are found by their row numbers.
 */
import { NOTED } from "../rows/change_row.ts";

/** Name of the table. */
export const CHANGES = "chachaml_changes";

/** Returns the statement that records a change. `subject` is an SQL expression. */
function note(subject: string, kind: string): string {
  return `INSERT INTO ${CHANGES} (subject, kind, seq) SELECT ${subject}, '${kind}',
    coalesce(max(seq), 0) + 1 FROM ${CHANGES} WHERE true
    ON CONFLICT (subject, kind) DO UPDATE SET seq = excluded.seq;`;
}

/** Triggers by name, with their bodies. */
export const CHANGE_TRIGGERS: Readonly<Record<string, string>> = {
  chachaml_note_runs_insert: `AFTER INSERT ON runs BEGIN ${note("NEW.id", "run")} END`,
  chachaml_note_runs_update: `AFTER UPDATE ON runs BEGIN ${note("NEW.id", "run")} END`,
  chachaml_note_runs_delete: `AFTER DELETE ON runs BEGIN ${note("OLD.id", "removed")}
    DELETE FROM ${CHANGES} WHERE subject = OLD.id AND kind IN ('run', 'artifact'); END`,
  ...Object.fromEntries(
    NOTED.flatMap(([table, kind, column]) =>
      [["insert", "NEW"], ["update", "NEW"], ["delete", "OLD"]].map(([event, row]) => [
        `chachaml_note_${table}_${event}`,
        `AFTER ${event!.toUpperCase()} ON ${table} BEGIN ${note(`${row}.${column}`, kind)} END`,
      ])
    ),
  ),
};
