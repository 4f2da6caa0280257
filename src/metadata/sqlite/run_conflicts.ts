/** Conflicts of new runs with existing ones. */
import { RunStateError } from "../../base/errors.ts";
import { option, phrase } from "../../base/phrase.ts";
import { fold } from "../../names/names.ts";
import type { RunDocument } from "../run_document.ts";
import { growthOf, hasAll } from "../run_growth.ts";
import type { Missing } from "../run_store.ts";
import { NON_ASCII_ID } from "./schema.ts";
import { readDocument } from "./run_document_rows.ts";
import type { SqlConnection } from "./sql_driver.ts";
import { text, whole } from "./whole_text.ts";

const SAME_LETTERS = `SELECT ${whole("id")} FROM runs WHERE runs.id = ? COLLATE NOCASE`;
const OTHER_LETTERS = `SELECT ${whole("id")} FROM runs WHERE ${NON_ASCII_ID}`;

/**
 * Returns the part of a run to write: all of it, or what an existing run lacks. The existing run
 * must contain it, or be contained in it.
 */
export function missingOf(sql: SqlConnection, run: RunDocument): Missing | undefined {
  const there = readDocument(sql, run.id);
  if (there) {
    if (hasAll(there, run)) return undefined;
    const growth = growthOf(there, run);
    if (growth) {
      requireFreeParts(sql, growth);
      return { run: growth, isNew: false };
    }
    if (growthOf(run, there)) return undefined;
    throw new RunStateError(
      "import",
      run.id,
      phrase`a run of this id is there and differs; remove it first, or import under new ids (${
        option("newIds", true)
      })`,
    );
  }
  requireFreeId(sql, run.id, "import");
  requireFreeParts(sql, run);
  return { run, isNew: true };
}

/** Checks that no other run has artifacts or datasets with the same ids. */
function requireFreeParts(sql: SqlConnection, run: RunDocument): void {
  for (const table of ["artifacts", "datasets"] as const) {
    const taken = sql.prepare(`SELECT run_id FROM ${table} WHERE id = ?`);
    for (const { id } of run[table]) {
      const other = taken.get(id)?.run_id;
      if (other === undefined) continue;
      const state = phrase`run ${
        JSON.stringify(other)
      } has one of its ${table}; import under new ids (${option("newIds", true)})`;
      throw new RunStateError("import", run.id, state);
    }
  }
}

/**
 * Checks that a run would not share its directory with another, even if the file system ignores
 * case or normalization.
 */
export function requireFreeId(sql: SqlConnection, id: string, action: "start" | "import"): void {
  const folded = fold(id);
  // SQLite compares ids of ASCII letters; the few others are read.
  const alike = [SAME_LETTERS, OTHER_LETTERS].flatMap((select, at) =>
    sql.prepare(select).all(...at === 0 ? [folded] : [])
  ).map((row) => text(row.id)).find((other) => fold(other) === folded);
  if (alike === undefined) return;
  throw new RunStateError(
    action,
    id,
    alike === id
      ? "there is a run of this id; choose another, or leave it out"
      : `there is a run ${JSON.stringify(alike)}, and some file systems take the two for one`,
  );
}
