/** Names of artifacts of a run that may conflict with others. */
import { fold } from "../../names/names.ts";
import { NameIndex } from "../../names/name_index.ts";
import { pathOf } from "../rows/artifact_row.ts";
import type { SqlRow } from "../rows/value.ts";
import type { Sql } from "./client.ts";
import { FOLDED, NEEDS_FOLDING } from "./schema.ts";

/**
 * Artifacts whose names are equal but for case or are parents, one below each, and all names that
 * cannot be compared this way.
 */
const SELECT_NEAR =
  `SELECT name, path FROM artifacts WHERE run_id = ?1 AND ${FOLDED} = ANY(?2::text[])
  UNION ALL SELECT below.name, below.path FROM unnest(?3::text[]) AS given(folded),
    LATERAL (SELECT name, path FROM artifacts WHERE run_id = ?1
      AND ${FOLDED} > given.folded || '/' AND ${FOLDED} < given.folded || '0' LIMIT 1) AS below
  UNION ALL SELECT name, path FROM artifacts WHERE run_id = ?1 AND (${NEEDS_FOLDING})`;

const SELECT_ALL = "SELECT name, path FROM artifacts WHERE run_id = ?";

/**
 * Returns the names of a run that are needed to tell whether the given names exist or conflict.
 * Takes time proportional to the result, as long as the names of the run are ASCII.
 */
export async function namesNear(
  sql: Sql,
  runId: string,
  names: readonly string[],
): Promise<NameIndex> {
  const isPlain = names.every((name) => /^[ -~]*$/.test(name));
  const folded = names.map(fold);
  const rows = isPlain
    ? await sql.all(SELECT_NEAR, runId, [...new Set(folded.flatMap(withAncestors))], folded)
    : await sql.all(SELECT_ALL, runId);
  return indexOf(rows, runId);
}

/** Returns a path and its parents. */
function withAncestors(path: string): string[] {
  const segments = path.split("/");
  return segments.map((_, at) => segments.slice(0, at + 1).join("/"));
}

function indexOf(rows: readonly SqlRow[], runId: string): NameIndex {
  const names = new NameIndex(rows.map(({ name }) => String(name)));
  // Another program may have stored an artifact at the path of this name.
  for (const row of rows) {
    const path = pathOf(row);
    if (path.startsWith(`${runId}/`)) names.add(path.slice(runId.length + 1), String(row.name));
  }
  return names;
}
