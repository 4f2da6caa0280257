/** Names of runs, stored and being stored, to find conflicts without reading all rows. */
import { NameIndex } from "../../names/name_index.ts";
import { pathOf } from "./artifact_rows.ts";
import type { SqlConnection, SqlValue } from "./sql_driver.ts";
import { MOVES } from "./schema.ts";
import { text, whole } from "./whole_text.ts";

/** Maximum number of runs whose names are cached. */
const MAX_RUNS = 16;

/** Up to where the names of a run were read. */
interface Position {
  /** Number of the table's last row; 0 if it was empty. */
  readonly row: SqlValue;
  /** Its artifact's id: while that row is there, later rows have higher numbers. */
  readonly id: SqlValue;
  /** How many artifacts had been moved to another run, name or path. */
  readonly moves: SqlValue;
}

const LAST = `SELECT rowid AS row, id FROM artifacts
  WHERE rowid = (SELECT max(rowid) FROM artifacts)`;
const IS_THERE = "SELECT 1 FROM artifacts WHERE rowid = ? AND id = ?";
const COUNT_MOVES = `SELECT value FROM chachaml_store WHERE key = '${MOVES}'`;
const NAMES = `SELECT ${whole("name", "path")} FROM artifacts WHERE run_id = ? AND rowid > ?`;

/** Names of a run. */
interface Known {
  readonly names: NameIndex;
  /** Version of the database that has these names. */
  version: SqlValue;
  read: Position;
}

/** Names of artifacts by run. */
export class ArtifactNames {
  /** Stored names of recently used runs. */
  readonly #names = new Map<string, Known>();
  /** Names whose bytes are being published, without a row yet, by run. */
  readonly #claims = new Map<string, NameIndex>();

  /**
   * Checks that a name does not conflict with a stored name of the run.
   *
   * @throws {InvalidNameError} If it does.
   */
  check(sql: SqlConnection, runId: string, name: string): void {
    if (!this.#namesOf(sql, runId).conflicts(name)) return;
    // The conflicting artifact may have been removed since the names were read.
    this.#names.delete(runId);
    this.#namesOf(sql, runId).check(name);
  }

  /** Returns those names that are stored in the run, or conflict with a stored one. */
  conflicting(sql: SqlConnection, runId: string, names: readonly string[]): string[] {
    const stored = this.#namesOf(sql, runId);
    return names.filter((name) => stored.conflicts(name));
  }

  /** Whether a name conflicts with one that is being stored. */
  isClaimed(runId: string, name: string): boolean {
    return this.#claims.get(runId)?.conflicts(name) ?? false;
  }

  /** Marks names as being stored. */
  claim(runId: string, names: readonly string[]): void {
    const claims = this.#claims.get(runId) ?? new NameIndex();
    for (const name of names) claims.add(name);
    this.#claims.set(runId, claims);
  }

  /** Removes such marks. */
  release(runId: string, names: readonly string[]): void {
    const claims = this.#claims.get(runId);
    if (!claims) return;
    for (const name of names) claims.delete(name);
    if (claims.size === 0) this.#claims.delete(runId);
  }

  /** Adds names that have been stored. */
  add(runId: string, names: readonly string[]): void {
    const known = this.#names.get(runId);
    if (known) { for (const name of names) known.names.add(name); }
  }

  /** Drops the cached names of a run whose artifacts were removed. */
  invalidate(runId: string): void {
    this.#names.delete(runId);
  }

  /** Returns the names of a run; what other connections have added is read first. */
  #namesOf(sql: SqlConnection, runId: string): NameIndex {
    const version = sql.prepare("PRAGMA data_version").get()!.data_version!;
    let known = this.#names.get(runId);
    if (known && known.version === version) return known.names;
    // Before the rows: what is added meanwhile is read again.
    const read = positionOf(sql);
    if (!known || !hasOnlyGrown(sql, known.read, read)) {
      known = { names: new NameIndex(), version, read: { ...read, row: 0 } };
      if (this.#names.size >= MAX_RUNS) this.#names.delete(this.#names.keys().next().value!);
      this.#names.set(runId, known);
    }
    addNames(known.names, sql, runId, known.read.row);
    known.version = version;
    known.read = read;
    return known.names;
  }
}

function positionOf(sql: SqlConnection): Position {
  const { row = 0, id = null } = sql.prepare(LAST).get() ?? {};
  return { row, id, moves: sql.prepare(COUNT_MOVES).get()?.value ?? null };
}

/** Whether names were only added, or removed, since they were read. */
function hasOnlyGrown(sql: SqlConnection, before: Position, now: Position): boolean {
  if (before.moves !== now.moves) return false;
  return before.row === 0 || sql.prepare(IS_THERE).get(before.row, before.id) !== undefined;
}

/** Adds the names of a run in the rows after one. */
function addNames(names: NameIndex, sql: SqlConnection, runId: string, after: SqlValue): void {
  const rows = sql.prepare(NAMES).all(runId, after);
  for (const row of rows) names.add(text(row.name));
  // Another program may have stored an artifact at the path of this name.
  for (const row of rows) {
    const path = pathOf(row);
    if (path.startsWith(`${runId}/`)) names.add(path.slice(runId.length + 1), text(row.name));
  }
}
