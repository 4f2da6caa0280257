/** Names of runs, stored and being stored, to find conflicts without reading all rows. */
import { NameIndex } from "../../names/name_index.ts";
import { pathOf } from "./artifact_rows.ts";
import type { SqlConnection, SqlValue } from "./sql_driver.ts";
import { text, whole } from "./whole_text.ts";

/** Maximum number of runs whose names are cached. */
const MAX_RUNS = 16;

/** Names of artifacts by run. */
export class ArtifactNames {
  /** Stored names of recently used runs, valid while `#version` is that of the database. */
  readonly #names = new Map<string, NameIndex>();
  /** Names whose bytes are being published, without a row yet, by run. */
  readonly #claims = new Map<string, NameIndex>();
  #version: SqlValue = null;

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

  /** Whether a name is stored in the run, or conflicts with a stored one. */
  conflicts(sql: SqlConnection, runId: string, name: string): boolean {
    return this.#namesOf(sql, runId).conflicts(name);
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
    if (known) { for (const name of names) known.add(name); }
  }

  /** Drops the cached names of a run whose artifacts were removed. */
  invalidate(runId: string): void {
    this.#names.delete(runId);
  }

  /** Returns the names of a run, read again if another connection has changed the database. */
  #namesOf(sql: SqlConnection, runId: string): NameIndex {
    const version = sql.prepare("PRAGMA data_version").get()!.data_version!;
    if (version !== this.#version) this.#names.clear();
    this.#version = version;
    let names = this.#names.get(runId);
    if (!names) {
      const rows = sql.prepare(`SELECT ${whole("name", "path")} FROM artifacts WHERE run_id = ?`)
        .all(runId);
      names = new NameIndex(rows.map((row) => text(row.name)));
      // Another program may have stored an artifact at the path of this name.
      for (const row of rows) {
        const path = pathOf(row);
        if (path.startsWith(`${runId}/`)) names.add(path.slice(runId.length + 1), text(row.name));
      }
      if (this.#names.size >= MAX_RUNS) this.#names.delete(this.#names.keys().next().value!);
      this.#names.set(runId, names);
    }
    return names;
  }
}
