import { assertString } from "../../base/assert.ts";
import { ArtifactNotFoundError, RunNotFoundError } from "../../base/errors.ts";
import { NameIndex } from "../../names/name_index.ts";
import type { Database } from "./database.ts";
import { hasTable } from "./schema.ts";
import type { SqlConnection, SqlValue } from "./sql_driver.ts";
import type {
  ArtifactIndex,
  ArtifactQuery,
  ArtifactRecord,
  IndexEntry,
  NewArtifact,
  Replacement,
} from "../artifact_index.ts";
import { releaseVersions, requireUnused } from "./version_use.ts";
import { entryOf, pathOf, SELECT_ENTRY, SELECT_PLAIN_ENTRY } from "./artifact_rows.ts";

/** Runs whose names are kept in memory. */
const MAX_RUNS = 16;

/** The path of a row as `pathOf()` gives it. */
const PATH = "replace(a.path, '\\', '/')";

/** Rows of artifacts in SQLite. */
export class SqliteArtifactIndex implements ArtifactIndex {
  readonly #database: Database;
  readonly #now: () => number;
  /** The stored names of the runs put to last, true while `#version` is the database's. */
  readonly #names = new Map<string, NameIndex>();
  /** Names whose bytes are being published, and whose rows are not there yet, by run. */
  readonly #claims = new Map<string, NameIndex>();
  #version: SqlValue = null;
  #hasReplacements = false;

  /** Reads and writes `database`; `now` is the clock, in epoch milliseconds. */
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

  async list(query: ArtifactQuery): Promise<IndexEntry[]> {
    const conditions: string[] = [];
    const values: SqlValue[] = [];
    const add = (condition: string, value: SqlValue | undefined) => {
      if (value === undefined) return;
      conditions.push(condition);
      values.push(value);
    };
    add("a.run_id = ?", query.runId);
    // GLOB takes [ as the start of a class; in a name it stands for itself.
    add("a.name GLOB ?", query.name?.replaceAll("[", "[[]"));
    if (query.contentType !== undefined) {
      conditions.push("(a.content_type = ? OR substr(a.content_type, 1, ?) = ?)");
      const prefix = `${query.contentType};`;
      values.push(query.contentType, prefix.length, prefix);
    }
    add("a.hash = ?", query.hash);
    const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
    values.push(query.limit ?? -1);
    return await this.#database.read((sql) =>
      sql.prepare(`${this.#selectEntry(sql)} ${where} ORDER BY a.created_at, a.name LIMIT ?`)
        .all(...values).map(entryOf)
    );
  }

  requireRun(runId: string): Promise<void> {
    return this.#database.read((sql) => requireRun(sql, runId));
  }

  admit(runId: string, name: string): Promise<IndexEntry | undefined> {
    return this.#database.read((sql) => this.#admit(sql, runId, name));
  }

  async insert(
    artifact: NewArtifact,
    publish: (path: string) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<{ inserted: ArtifactRecord } | { found: IndexEntry }> {
    const { runId, name, contentType, size, hash } = artifact;
    const path = `${runId}/${name}`;
    let found: IndexEntry | undefined;
    let claimed = false;
    try {
      const outcome = await this.#database.write({
        single: true,
        ...(signal && { signal }),
        check: (sql) => {
          signal?.throwIfAborted();
          // Another put of this very transaction comes first; its row tells what to do.
          if (this.#claims.get(runId)?.conflicts(name)) return "later";
          found = this.#admit(sql, runId, name);
          if (found) return "now";
          this.#claim(runId, name);
          claimed = true;
          return "now";
        },
        publish: async () => {
          if (!found) await publish(path);
        },
        apply: (sql) => {
          if (found) return { found };
          const createdAt = new Date(this.#now());
          const id = crypto.randomUUID();
          sql.prepare("INSERT INTO artifacts VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
            .run(id, runId, name, path, contentType, size, hash, createdAt.getTime());
          return { inserted: { id, runId, name, path, contentType, size, hash, createdAt } };
        },
      });
      if (claimed) this.#names.get(runId)?.add(name);
      return outcome;
    } finally {
      if (claimed) this.#disclaim(runId, name);
    }
  }

  #claim(runId: string, name: string): void {
    const claims = this.#claims.get(runId) ?? new NameIndex();
    claims.add(name);
    this.#claims.set(runId, claims);
  }

  #disclaim(runId: string, name: string): void {
    const claims = this.#claims.get(runId)!;
    claims.delete(name);
    if (claims.size === 0) this.#claims.delete(runId);
  }

  noteReplacement(id: string, replacement: Replacement): Promise<boolean> {
    const { staged, contentType, size, hash, createdAt } = replacement;
    return this.#database.write({
      apply: (sql) => {
        const entry = this.#get(sql, "a.id = ?", id);
        if (!entry) throw new ArtifactNotFoundError({ id });
        if (entry.problem) throw entry.problem;
        if (entry.replacement) return false;
        requireUnused(sql, "artifact_id", id, "replace");
        sql.prepare("INSERT INTO artifact_replacements VALUES (?, ?, ?, ?, ?, ?)")
          .run(id, staged, contentType, size, hash, createdAt.getTime());
        return true;
      },
    });
  }

  finishReplacement(
    id: string,
    staged: string,
    publish: (path: string) => Promise<void>,
  ): Promise<ArtifactRecord> {
    let entry: IndexEntry | undefined;
    return this.#database.write({
      alone: true,
      check: (sql) => {
        entry = this.#get(sql, "a.id = ?", id);
        if (entry?.replacement?.staged !== staged) throw new ArtifactNotFoundError({ id });
        // Our own registry waits for the note to go; another program's knows nothing of it.
        requireUnused(sql, "artifact_id", id, "replace");
        return "now";
      },
      publish: () => publish(entry!.record.path),
      apply: (sql) => this.#adopt(sql, entry!),
    });
  }

  /** Has the row describe the bytes that have replaced its own. */
  #adopt(sql: SqlConnection, { record, replacement }: IndexEntry): ArtifactRecord {
    const { contentType, size, hash, createdAt } = replacement!;
    sql.prepare(
      "UPDATE artifacts SET content_type = ?, size = ?, hash = ?, created_at = ? WHERE id = ?",
    ).run(contentType, size, hash, createdAt.getTime(), record.id);
    forgetReplacement(sql, record.id);
    return { ...record, contentType, size, hash, createdAt };
  }

  async dropReplacement(id: string, staged: string): Promise<void> {
    await this.#database.write({
      apply: (sql) =>
        sql.prepare("DELETE FROM artifact_replacements WHERE artifact_id = ? AND staged = ?")
          .run(id, staged),
    });
  }

  async settleReplacements(
    judge: (entry: IndexEntry) => Promise<"replaced" | "not replaced" | "under way">,
  ): Promise<string[]> {
    const pending = (sql: SqlConnection) =>
      sql.prepare(`${this.#selectEntry(sql)} WHERE r.staged IS NOT NULL`).all().map(entryOf);
    const stray = "SELECT artifact_id, staged FROM artifact_replacements " +
      "WHERE artifact_id NOT IN (SELECT id FROM artifacts)";
    const any = (sql: SqlConnection) =>
      sql.prepare("SELECT 1 FROM artifact_replacements LIMIT 1").get() !== undefined;
    if (!await this.#database.read(any)) return [];
    let entries: IndexEntry[] = [];
    const verdicts = new Map<IndexEntry, "replaced" | "not replaced" | "under way">();
    return await this.#database.write({
      alone: true,
      check: (sql) => {
        entries = pending(sql);
        return "now";
      },
      publish: async () => {
        for (const entry of entries) verdicts.set(entry, await judge(entry));
      },
      apply: (sql) => {
        const unneeded: string[] = [];
        for (const [entry, verdict] of verdicts) {
          if (verdict === "under way") continue;
          if (verdict === "replaced") this.#adopt(sql, entry);
          else forgetReplacement(sql, entry.record.id);
          unneeded.push(entry.replacement!.staged);
        }
        for (const row of sql.prepare(stray).all()) {
          forgetReplacement(sql, String(row.artifact_id));
          unneeded.push(String(row.staged));
        }
        return unneeded;
      },
    });
  }

  renew(record: ArtifactRecord, publish: (path: string) => Promise<void>): Promise<boolean> {
    let same = false;
    return this.#database.write({
      alone: true,
      check: (sql) => {
        const entry = this.#get(sql, "a.id = ?", record.id);
        same = entry !== undefined && !entry.problem && !entry.replacement &&
          entry.record.path === record.path && entry.record.hash === record.hash;
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
      apply: (sql) => {
        const entry = this.#get(sql, "a.id = ?", id);
        if (!entry) return false;
        releaseVersions(sql, "artifact_id", id, force);
        sql.prepare("DELETE FROM artifacts WHERE id = ?").run(id);
        forgetReplacement(sql, id);
        this.#names.delete(entry.record.runId);
        return true;
      },
    });
  }

  forget(runId: string): void {
    this.#names.delete(runId);
  }

  named(): Promise<(path: string) => boolean> {
    return this.#database.read(namedPaths);
  }

  underLock<T>(work: (isNamed: (path: string) => boolean) => T): Promise<T> {
    return this.#database.write({
      alone: true,
      apply: (sql) => work(namedPaths(sql)),
    });
  }

  withoutRow(
    artifacts: readonly { runId: string; name: string; path: string }[],
    work: (path: string) => void,
  ): Promise<Error[]> {
    return this.#database.write({
      alone: true,
      apply: (sql) => {
        const failures: Error[] = [];
        for (const { runId, name, path } of artifacts) {
          // A path made of run and name, as all of ours are, is looked for in its run alone.
          const named = path === `${runId}/${name}`
            ? this.#get(sql, `a.run_id = ? AND (a.name = ? OR ${PATH} = ?)`, runId, name, path)
            : this.#get(sql, `${PATH} = ?`, path);
          if (named) continue;
          try {
            work(path);
          } catch (error) {
            failures.push(error as Error);
          }
        }
        return failures;
      },
    });
  }

  #admit(sql: SqlConnection, runId: string, name: string): IndexEntry | undefined {
    requireRun(sql, runId);
    const entry = this.#byName(sql, runId, name);
    if (entry) return entry;
    if (this.#namesOf(sql, runId).conflicts(name)) {
      // Perhaps with one that has been removed since the names were read.
      this.#names.delete(runId);
      this.#namesOf(sql, runId).check(name);
    }
    return undefined;
  }

  /** The names of a run, read again whenever another connection has changed the database. */
  #namesOf(sql: SqlConnection, runId: string): NameIndex {
    const version = sql.prepare("PRAGMA data_version").get()!.data_version!;
    if (version !== this.#version) this.#names.clear();
    this.#version = version;
    let names = this.#names.get(runId);
    if (!names) {
      const rows = sql.prepare("SELECT name, path FROM artifacts WHERE run_id = ?").all(runId);
      names = new NameIndex(rows.map((row) => String(row.name)));
      // Another program may have stored an artifact where one of another name would be put.
      for (const row of rows) {
        const path = pathOf(row);
        if (path.startsWith(`${runId}/`)) names.add(path.slice(runId.length + 1), String(row.name));
      }
      if (this.#names.size >= MAX_RUNS) this.#names.delete(this.#names.keys().next().value!);
      this.#names.set(runId, names);
    }
    return names;
  }

  #byName(sql: SqlConnection, runId: string, name: string): IndexEntry | undefined {
    return this.#get(sql, "a.run_id = ? AND a.name = ?", runId, name);
  }

  #get(sql: SqlConnection, condition: string, ...values: SqlValue[]): IndexEntry | undefined {
    const row = sql.prepare(`${this.#selectEntry(sql)} WHERE ${condition}`).get(...values);
    return row && entryOf(row);
  }

  /** A database that is only read may lack the table of replacements: then there are none. */
  #selectEntry(sql: SqlConnection): string {
    this.#hasReplacements ||= hasTable(sql, "artifact_replacements");
    return this.#hasReplacements ? SELECT_ENTRY : SELECT_PLAIN_ENTRY;
  }
}

/** Tells whether a row names a path, or one below it. */
function namedPaths(sql: SqlConnection): (path: string) => boolean {
  const named = new Set<string>();
  for (const row of sql.prepare("SELECT path FROM artifacts").all()) {
    // A file that has a backslash in its very name is not ours to collect either.
    for (let part of new Set([pathOf(row), String(row.path)])) {
      // Up to the first folder that another row has named already.
      while (!named.has(part)) {
        named.add(part);
        const slash = part.lastIndexOf("/");
        if (slash < 0) break;
        part = part.slice(0, slash);
      }
    }
  }
  return (path) => named.has(path);
}

function requireRun(sql: SqlConnection, runId: string): void {
  if (!sql.prepare("SELECT 1 FROM runs WHERE id = ?").get(runId)) throw new RunNotFoundError(runId);
}

function forgetReplacement(sql: SqlConnection, artifactId: string): void {
  sql.prepare("DELETE FROM artifact_replacements WHERE artifact_id = ?").run(artifactId);
}
