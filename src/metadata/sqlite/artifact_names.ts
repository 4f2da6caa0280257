/** Which names a run has, and which are being stored, to find clashes without reading all rows. */
import { NameIndex } from "../../names/name_index.ts";
import { pathOf } from "./artifact_rows.ts";
import type { SqlConnection, SqlValue } from "./sql_driver.ts";
import { text, whole } from "./whole_text.ts";

/** Runs whose names are kept in memory. */
const MAX_RUNS = 16;

/** The names of artifacts, by run. */
export class ArtifactNames {
  /** The stored names of the runs put to last, true while `#version` is the database's. */
  readonly #names = new Map<string, NameIndex>();
  /** Names whose bytes are being published, and whose rows are not there yet, by run. */
  readonly #claims = new Map<string, NameIndex>();
  #version: SqlValue = null;

  /**
   * Throws if a name clashes with another that is stored in the run.
   *
   * @throws {InvalidNameError} If it does.
   */
  check(sql: SqlConnection, runId: string, name: string): void {
    if (!this.#namesOf(sql, runId).conflicts(name)) return;
    // Perhaps with one that has been removed since the names were read.
    this.#names.delete(runId);
    this.#namesOf(sql, runId).check(name);
  }

  /** Whether a name is stored in the run, or clashes with one that is. */
  conflicts(sql: SqlConnection, runId: string, name: string): boolean {
    return this.#namesOf(sql, runId).conflicts(name);
  }

  /** Whether a name clashes with one that is being stored. */
  isClaimed(runId: string, name: string): boolean {
    return this.#claims.get(runId)?.conflicts(name) ?? false;
  }

  /** Notes that names are being stored. */
  claim(runId: string, names: readonly string[]): void {
    const claims = this.#claims.get(runId) ?? new NameIndex();
    for (const name of names) claims.add(name);
    this.#claims.set(runId, claims);
  }

  /** Takes such a note back. */
  release(runId: string, names: readonly string[]): void {
    const claims = this.#claims.get(runId);
    if (!claims) return;
    for (const name of names) claims.delete(name);
    if (claims.size === 0) this.#claims.delete(runId);
  }

  /** Notes that names have been stored. */
  add(runId: string, names: readonly string[]): void {
    const known = this.#names.get(runId);
    if (known) { for (const name of names) known.add(name); }
  }

  /** Forgets what is known of a run that has lost artifacts. */
  forget(runId: string): void {
    this.#names.delete(runId);
  }

  /** The names of a run, read again whenever another connection has changed the database. */
  #namesOf(sql: SqlConnection, runId: string): NameIndex {
    const version = sql.prepare("PRAGMA data_version").get()!.data_version!;
    if (version !== this.#version) this.#names.clear();
    this.#version = version;
    let names = this.#names.get(runId);
    if (!names) {
      const rows = sql.prepare(`SELECT ${whole("name", "path")} FROM artifacts WHERE run_id = ?`)
        .all(runId);
      names = new NameIndex(rows.map((row) => text(row.name)));
      // Another program may have stored an artifact where one of another name would be put.
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
