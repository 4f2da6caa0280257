/** Rules for new runs that may conflict with existing ones. */
import { RunStateError } from "../base/errors.ts";
import { option, phrase } from "../base/phrase.ts";
import { fold } from "../names/names.ts";
import type { RunDocument } from "./run_document.ts";
import { growthOf, hasAll } from "./run_growth.ts";
import type { Missing } from "./run_store.ts";

/**
 * Returns what an existing run lacks of an imported one; `undefined` if nothing.
 *
 * @throws {RunStateError} If neither contains the other.
 */
export function missingPart(there: RunDocument, run: RunDocument): Missing | undefined {
  if (hasAll(there, run)) return undefined;
  const growth = growthOf(there, run);
  if (growth) return { run: growth, isNew: false };
  if (growthOf(run, there)) return undefined;
  throw new RunStateError(
    "import",
    run.id,
    phrase`a run of this id is there and differs; remove it first, or import under new ids (${
      option("newIds", true)
    })`,
  );
}

/** Creates the error for a part of an imported run whose id a part of another run has. */
export function takenPartError(
  runId: string,
  table: "artifacts" | "datasets",
  other: string,
): RunStateError {
  const state = phrase`run ${
    JSON.stringify(other)
  } has one of its ${table}; import under new ids (${option("newIds", true)})`;
  return new RunStateError("import", runId, state);
}

/**
 * Checks that a new run would not share its directory with another, even if the file system ignores
 * case or normalization.
 *
 * @param others Ids that may be alike.
 * @throws {RunStateError} If it would.
 */
export function assertFreeId(
  id: string,
  others: readonly string[],
  action: "start" | "import",
): void {
  const folded = fold(id);
  const alike = others.find((other) => fold(other) === folded);
  if (alike === undefined) return;
  throw new RunStateError(
    action,
    id,
    alike === id
      ? "there is a run of this id; choose another, or leave it out"
      : `there is a run ${JSON.stringify(alike)}, and some file systems take the two for one`,
  );
}
