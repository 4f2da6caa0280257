/** Names of a run's artifacts that could stand in the way of others. */
import { fold } from "../../names/names.ts";
import { NameIndex } from "../../names/name_index.ts";
import { pathOf } from "../rows/artifact_row.ts";
import type { SqlRow } from "../rows/value.ts";
import type { Sql } from "./client.ts";
import { FOLDED, ODD } from "./schema.ts";

/** Artifacts of the same letters or above, one below each, and all that are not so simple. */
const SELECT_NEAR =
  `SELECT name, path FROM artifacts WHERE run_id = ?1 AND ${FOLDED} = ANY(?2::text[])
  UNION ALL SELECT below.name, below.path FROM unnest(?3::text[]) AS given(folded),
    LATERAL (SELECT name, path FROM artifacts WHERE run_id = ?1
      AND ${FOLDED} > given.folded || '/' AND ${FOLDED} < given.folded || '0' LIMIT 1) AS below
  UNION ALL SELECT name, path FROM artifacts WHERE run_id = ?1 AND (${ODD})`;

const SELECT_ALL = "SELECT name, path FROM artifacts WHERE run_id = ?";

/**
 * The names of a run that matter to some others: enough to say of each of these whether it is there or
 * clashes. It costs what the answer costs, however many names the run has, as long as they are ASCII.
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

/** A path, and those of the directories above it. */
function withAncestors(path: string): string[] {
  const segments = path.split("/");
  return segments.map((_, at) => segments.slice(0, at + 1).join("/"));
}

function indexOf(rows: readonly SqlRow[], runId: string): NameIndex {
  const names = new NameIndex(rows.map(({ name }) => String(name)));
  // Another program may have stored an artifact where one of another name would be put.
  for (const row of rows) {
    const path = pathOf(row);
    if (path.startsWith(`${runId}/`)) names.add(path.slice(runId.length + 1), String(row.name));
  }
  return names;
}
