/** Conflicts of new runs with existing ones. */
import { RunStateError } from "../../base/errors.ts";
import { option, phrase } from "../../base/phrase.ts";
import { fold } from "../../names/names.ts";
import { text } from "../rows/value.ts";
import type { RunDocument } from "../run_document.ts";
import { growthOf, hasAll } from "../run_growth.ts";
import type { Missing } from "../run_store.ts";
import type { Sql, Transaction } from "./client.ts";
import { readDocument } from "./run_document_rows.ts";
import { NON_ASCII_ID } from "./schema.ts";

/**
 * Returns the part of a run to write: all of it, or what an existing run lacks. The existing run
 * must contain it, or be contained in it.
 */
export async function missingOf(sql: Transaction, run: RunDocument): Promise<Missing | undefined> {
  const there = await readDocument(sql, run.id);
  if (there) {
    if (hasAll(there, run)) return undefined;
    const growth = growthOf(there, run);
    if (growth) {
      await requireFreeParts(sql, growth);
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
  await requireFreeId(sql, run.id, "import");
  await requireFreeParts(sql, run);
  return { run, isNew: true };
}

/** Checks that no other run has artifacts or datasets with the same ids. */
async function requireFreeParts(sql: Sql, run: RunDocument): Promise<void> {
  for (const table of ["artifacts", "datasets"] as const) {
    const ids = run[table].map(({ id }) => id);
    if (ids.length === 0) continue;
    const taken = await sql.get(
      `SELECT run_id FROM ${table} WHERE id = ANY(?::text[]) LIMIT 1`,
      ids,
    );
    if (!taken) continue;
    const state = phrase`run ${
      JSON.stringify(text(taken.run_id))
    } has one of its ${table}; import under new ids (${option("newIds", true)})`;
    throw new RunStateError("import", run.id, state);
  }
}

/**
 * Checks that a run would not share its directory with another, even if the file system ignores
 * case or normalization.
 */
export async function requireFreeId(
  sql: Sql,
  id: string,
  action: "start" | "import",
): Promise<void> {
  const folded = fold(id);
  // The server compares ids of ASCII letters; the few others are read.
  const rows = await sql.all(
    `SELECT id FROM runs WHERE upper(id COLLATE "C") = ?
      UNION ALL SELECT id FROM runs WHERE ${NON_ASCII_ID}`,
    folded,
  );
  const alike = rows.map((row) => text(row.id)).find((other) => fold(other) === folded);
  if (alike === undefined) return;
  throw new RunStateError(
    action,
    id,
    alike === id
      ? "there is a run of this id; choose another, or leave it out"
      : `there is a run ${JSON.stringify(alike)}, and some file systems take the two for one`,
  );
}
