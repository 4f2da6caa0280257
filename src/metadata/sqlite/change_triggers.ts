/**
 * Triggers that note changes in a table of our own, whichever program makes them: one row for each
 * thing and kind of change, which moves to the end when it happens again, so that the table stays
 * small. Points of metrics are not noted: they are found by the numbers of their rows.
 */

/** The table. */
export const CHANGES = "chachaml_changes";

/** Notes a change. `subject` is an expression of the trigger. */
function note(subject: string, kind: string): string {
  return `INSERT INTO ${CHANGES} (subject, kind, seq) SELECT ${subject}, '${kind}',
    coalesce(max(seq), 0) + 1 FROM ${CHANGES} WHERE true
    ON CONFLICT (subject, kind) DO UPDATE SET seq = excluded.seq;`;
}

/** What is noted for each table: the kind of change, and the column that names what has changed. */
const NOTED: readonly (readonly [table: string, kind: string, column: string])[] = [
  ["params", "run", "run_id"],
  ["tags", "run", "run_id"],
  ["datasets", "run", "run_id"],
  ["artifacts", "artifact", "run_id"],
  ["models", "model", "name"],
  ["model_versions", "model", "model_name"],
];

/** The triggers, with what they do. */
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
