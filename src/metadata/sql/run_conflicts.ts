/** Conflicts of new runs with existing ones. */
import { fold } from "../../names/names.ts";
import { assertFreeId, missingPart, takenPartError } from "../run_conflicts.ts";
import type { RunDocument } from "../run_document.ts";
import type { Missing } from "../run_store.ts";
import { text } from "../rows/value.ts";
import type { SqlDialect } from "./dialect.ts";
import { all, get, type Script } from "./script.ts";

/**
 * Returns the part of an imported run to write: all of it, or what an existing run lacks.
 *
 * @param there The existing run of the same id, if any.
 * @throws {RunStateError} If neither contains the other, or another run has parts of it.
 */
export function* missingOf(
  dialect: SqlDialect,
  there: RunDocument | undefined,
  run: RunDocument,
): Script<Missing | undefined> {
  if (!there) yield* requireFreeId(dialect, run.id, "import");
  const missing = there ? missingPart(there, run) : { run, isNew: true };
  if (missing) yield* requireFreeParts(dialect, missing.run);
  return missing;
}

/** Checks that no other run has artifacts or datasets with the same ids. */
function* requireFreeParts(dialect: SqlDialect, run: RunDocument): Script<void> {
  for (const table of ["artifacts", "datasets"] as const) {
    const ids = run[table].map(({ id }) => id);
    if (ids.length === 0) continue;
    const taken = yield* get(
      `SELECT run_id FROM ${table} WHERE ${dialect.oneOf("id", "text")} LIMIT 1`,
      dialect.list(ids),
    );
    if (taken) throw takenPartError(run.id, table, text(taken.run_id));
  }
}

/**
 * Checks that a run would not share its directory with another.
 *
 * @throws {RunStateError} If it would.
 */
export function* requireFreeId(
  dialect: SqlDialect,
  id: string,
  action: "start" | "import",
): Script<void> {
  // The database compares ids of ASCII letters; the few others are read.
  const rows = [
    ...yield* all(dialect.runsOfId, fold(id)),
    ...yield* all(dialect.runsBeyondAscii),
  ];
  assertFreeId(id, rows.map((row) => text(row.id)), action);
}
