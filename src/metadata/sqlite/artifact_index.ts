import { assertString } from "../../base/assert.ts";
import { isDiskFull } from "../../base/fs_error.ts";
import { NameIndex } from "../../names/name_index.ts";
import { COUNT_COMMIT, type Database } from "./database.ts";
import { hasIndex } from "./create_schema.ts";
import type { SqlConnection, SqlValue } from "./sql_driver.ts";
import type {
  ArtifactIndex,
  ArtifactPosition,
  ArtifactQuery,
  ArtifactRecord,
  ArtifactTotals,
  Contents,
  DirectoryEntry,
  IndexEntry,
  NewArtifact,
} from "../artifact_index.ts";
import { KEY_INDEX, namedWithoutIndex, unnamedKeys } from "./artifact_keys.ts";
import { ArtifactNames } from "./artifact_names.ts";
import { eachDuplicate } from "./artifact_duplicates.ts";
import { findChildren } from "./artifact_children.ts";
import { findEntries } from "./artifact_find.ts";
import { eachEntry, totalsOf } from "./artifact_search.ts";
import { describe, insertRecords, isSame, requireRun } from "./artifact_writes.ts";
import { releaseVersions, requireUnused } from "../sql/version_use.ts";
import { runScript, SQLITE } from "./script.ts";
import { entryOf, SELECT_ENTRY } from "./artifact_rows.ts";

/** Index of artifact records in SQLite. */
export class SqliteArtifactIndex implements ArtifactIndex {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #names = new ArtifactNames();
  #hasKeys = false;

  /** Creates an index in `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  byId(id: string): Promise<IndexEntry | undefined> {
    return this.#database.read((sql) => {
      assertString("an artifact id", id);
      return this.#get(sql, "a.id = ?", id);
    });
  }

  byName(runId: string, name: string): Promise<IndexEntry | undefined> {
    return this.#database.read((sql) => {
      assertString("a run id", runId);
      assertString("an artifact name", name);
      return this.#byName(sql, runId, name);
    });
  }

  list(query: ArtifactQuery): Promise<IndexEntry[]> {
    return this.#database.read((sql) => findEntries(sql, query));
  }

  each(runId?: string, after?: ArtifactPosition): AsyncIterable<IndexEntry> {
    return eachEntry(this.#database, runId, after);
  }

  children(runId: string, directory: string): Promise<DirectoryEntry[]> {
    return this.#database.read((sql) => findChildren(sql, runId, directory));
  }

  totals(runId?: string, after?: ArtifactPosition): Promise<ArtifactTotals> {
    return this.#database.read((sql) => totalsOf(sql, runId, after));
  }

  eachDuplicate(): AsyncIterable<IndexEntry> {
    return eachDuplicate(this.#database);
  }

  requireRun(runId: string): Promise<void> {
    return this.#database.read((sql) => requireRun(sql, runId));
  }

  checkNames(runId: string, names: readonly string[]): Promise<ReadonlyMap<string, IndexEntry>> {
    return this.#database.read((sql) => this.#checkNames(sql, runId, names));
  }

  checkName(runId: string, name: string): Promise<IndexEntry | undefined> {
    return this.#database.read((sql) => this.#checkName(sql, runId, name));
  }

  async insert(
    artifact: NewArtifact,
    publish: (path: string) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<{ inserted: ArtifactRecord } | { found: IndexEntry }> {
    const { runId, name } = artifact;
    let found: IndexEntry | undefined;
    let claimed = false;
    try {
      const outcome = await this.#database.write({
        single: true,
        ...(signal && { signal }),
        check: (sql) => {
          signal?.throwIfAborted();
          // Another put in this transaction comes first; its record decides.
          if (this.#names.isClaimed(runId, name)) return "later";
          found = this.#checkName(sql, runId, name);
          if (found) return "now";
          this.#names.claim(runId, [name]);
          claimed = true;
          return "now";
        },
        publish: async () => {
          if (!found) await publish(`${runId}/${name}`);
        },
        apply: (sql) => {
          if (found) return { found };
          const [record] = insertRecords(sql, [artifact], this.#now());
          return { inserted: record! };
        },
      });
      if (claimed) this.#names.add(runId, [name]);
      return outcome;
    } finally {
      if (claimed) this.#names.release(runId, [name]);
    }
  }

  async insertAll(
    runId: string,
    artifacts: readonly NewArtifact[],
    publish: (keys: readonly string[]) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<{ inserted: ArtifactRecord[] } | { found: ReadonlyMap<string, IndexEntry> }> {
    const names = artifacts.map(({ name }) => name);
    let found: ReadonlyMap<string, IndexEntry> = new Map();
    let claimed = false;
    try {
      const outcome = await this.#database.write({
        ...(signal && { signal }),
        check: (sql) => {
          signal?.throwIfAborted();
          if (names.some((name) => this.#names.isClaimed(runId, name))) return "later";
          found = this.#checkNames(sql, runId, names);
          claimed = found.size === 0;
          if (claimed) this.#names.claim(runId, names);
          return "now";
        },
        publish: async () => {
          if (claimed) await publish(names.map((name) => `${runId}/${name}`));
        },
        apply: (sql) =>
          claimed ? { inserted: insertRecords(sql, artifacts, this.#now()) } : { found },
      });
      if (claimed) this.#names.add(runId, names);
      return outcome;
    } finally {
      if (claimed) this.#names.release(runId, names);
    }
  }

  update(
    expected: ArtifactRecord,
    contents: Contents & { readonly createdAt: Date },
    publish: (key: string) => Promise<string>,
    evenIfUsed: boolean = false,
  ): Promise<ArtifactRecord | undefined> {
    let same = false;
    let path = expected.path;
    return this.#database.write({
      alone: true,
      check: (sql) => {
        same = isSame(this.#get(sql, "a.id = ?", expected.id), expected);
        if (same && !evenIfUsed) {
          runScript(sql, requireUnused(SQLITE, "artifact_id", expected.id, "replace"));
        }
        return "now";
      },
      publish: async () => {
        if (same) path = await publish(expected.path);
      },
      apply: (sql) => same ? describe(sql, { ...expected, path }, contents) : undefined,
    });
  }

  republish(record: ArtifactRecord, publish: (path: string) => Promise<void>): Promise<boolean> {
    let same = false;
    return this.#database.write({
      alone: true,
      check: (sql) => {
        same = isSame(this.#get(sql, "a.id = ?", record.id), record);
        return "now";
      },
      publish: async () => {
        if (same) await publish(record.path);
      },
      apply: () => same,
    });
  }

  remove(id: string, force: boolean): Promise<boolean> {
    return this.#database.write({
      alone: true,
      frees: true,
      apply: (sql) => {
        const entry = this.#get(sql, "a.id = ?", id);
        if (!entry) return false;
        runScript(sql, releaseVersions(SQLITE, "artifact_id", id, force));
        sql.prepare("DELETE FROM artifacts WHERE id = ?").run(id);
        this.#names.invalidate(entry.record.runId);
        return true;
      },
    });
  }

  invalidate(runId: string): void {
    this.#names.invalidate(runId);
  }

  unnamed(keys: Iterable<string>): Promise<Set<string>> {
    return this.#database.read((sql) => unnamedKeys(sql, keys, this.#hasKeyIndex(sql)));
  }

  namedByScan(keys: Iterable<string>): Promise<Set<string>> {
    return this.#database.read((sql) => namedWithoutIndex(sql, keys));
  }

  async removeIfUnnamed(
    keys: Iterable<string>,
    remove: (keys: ReadonlySet<string>) => Promise<void>,
  ): Promise<void> {
    let unnamed = new Set<string>();
    // The log may contain the failed commit of another process with records of these bytes.
    const countCommit = {
      frees: true,
      apply: (sql: SqlConnection) => sql.prepare(COUNT_COMMIT).run(),
    };
    await this.#database.write(countCommit)
      .catch(async (error) => {
        // On a full disk, an empty log is equally conclusive; removing bytes then frees space.
        if (!isDiskFull(error) || !await this.#database.emptyLog()) throw error;
      });
    await this.#database.write({
      alone: true,
      check: (sql) => {
        unnamed = unnamedKeys(sql, keys, this.#hasKeyIndex(sql));
        return "now";
      },
      publish: async () => {
        if (unnamed.size > 0) await remove(unnamed);
      },
      apply: () => {},
    });
  }

  #checkName(sql: SqlConnection, runId: string, name: string): IndexEntry | undefined {
    requireRun(sql, runId);
    const entry = this.#byName(sql, runId, name);
    if (!entry) this.#names.check(sql, runId, name);
    return entry;
  }

  #checkNames(
    sql: SqlConnection,
    runId: string,
    names: readonly string[],
  ): ReadonlyMap<string, IndexEntry> {
    requireRun(sql, runId);
    const together = new NameIndex();
    const found = new Map<string, IndexEntry>();
    for (const name of names) {
      together.check(name);
      together.add(name);
    }
    for (const name of this.#names.conflicting(sql, runId, names)) {
      const entry = this.#checkName(sql, runId, name);
      if (entry) found.set(name, entry);
    }
    return found;
  }

  #byName(sql: SqlConnection, runId: string, name: string): IndexEntry | undefined {
    return this.#get(sql, "a.run_id = ? AND a.name = ?", runId, name);
  }

  #get(sql: SqlConnection, condition: string, ...values: SqlValue[]): IndexEntry | undefined {
    const row = sql.prepare(`${SELECT_ENTRY} WHERE ${condition}`).get(...values);
    return row && entryOf(row);
  }

  #hasKeyIndex(sql: SqlConnection): boolean {
    return this.#hasKeys ||= hasIndex(sql, KEY_INDEX);
  }
}
