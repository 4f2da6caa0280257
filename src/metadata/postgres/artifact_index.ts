import { assertString } from "../../base/assert.ts";
import { NameIndex } from "../../names/name_index.ts";
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
import { entryOf } from "../rows/artifact_row.ts";
import { findChildren } from "./artifact_children.ts";
import { findEntries } from "./artifact_find.ts";
import { namedWithoutIndex, unnamedKeys } from "./artifact_keys.ts";
import { namesNear } from "./artifact_names.ts";
import {
  describe,
  findEntry,
  insertRecords,
  isSame,
  requireAndLockRun,
  requireRun,
  SELECT_ENTRY,
} from "./artifact_rows.ts";
import { eachDuplicate, eachEntry, totalsOf } from "./artifact_search.ts";
import type { Database, Sql, WriteTransaction } from "./database.ts";
import { lockNames, lockRuns } from "./locks.ts";
import { failureOf } from "./pg_error.ts";
import { releaseVersions, requireUnused } from "../sql/version_use.ts";
import { POSTGRES, runScript } from "./script.ts";

const BY_NAME = "a.run_id = ? AND a.name = ?";

/** Index of artifact records in PostgreSQL. */
export class PostgresArtifactIndex implements ArtifactIndex {
  readonly #database: Database;
  readonly #now: () => number;

  /** Creates an index in `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async byId(id: string): Promise<IndexEntry | undefined> {
    assertString("an artifact id", id);
    return await this.#database.read((sql) => findEntry(sql, "a.id = ?", id));
  }

  async byName(runId: string, name: string): Promise<IndexEntry | undefined> {
    assertString("a run id", runId);
    assertString("an artifact name", name);
    return await this.#database.read((sql) => findEntry(sql, BY_NAME, runId, name));
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

  checkName(runId: string, name: string): Promise<IndexEntry | undefined> {
    return this.#database.read((sql) => checkName(sql, runId, name, requireRun));
  }

  checkNames(runId: string, names: readonly string[]): Promise<ReadonlyMap<string, IndexEntry>> {
    return this.#database.read((sql) => checkNames(sql, runId, names, requireRun));
  }

  async insert(
    artifact: NewArtifact,
    publish: (path: string) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<{ inserted: ArtifactRecord } | { found: IndexEntry }> {
    const { runId, name } = artifact;
    try {
      return await this.#abortable(signal, async (sql, begin) => {
        await lockNames(sql, runId, [name]);
        const found = await checkName(sql, runId, name, requireAndLockRun);
        if (found) return { found };
        begin();
        await publish(`${runId}/${name}`);
        const [record] = await insertRecords(sql, [artifact], this.#now());
        return { inserted: record! };
      });
    } catch (error) {
      // Another program, which does not use our locks, was faster.
      const found = isDuplicate(error) ? await this.byName(runId, name) : undefined;
      if (found) return { found };
      throw error;
    }
  }

  insertAll(
    runId: string,
    artifacts: readonly NewArtifact[],
    publish: (keys: readonly string[]) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<{ inserted: ArtifactRecord[] } | { found: ReadonlyMap<string, IndexEntry> }> {
    const names = artifacts.map(({ name }) => name);
    return this.#abortable(signal, async (sql, begin) => {
      await lockNames(sql, runId, names);
      const found = await checkNames(sql, runId, names, requireAndLockRun);
      if (found.size > 0) return { found };
      begin();
      await publish(names.map((name) => `${runId}/${name}`));
      return { inserted: await insertRecords(sql, artifacts, this.#now()) };
    });
  }

  update(
    expected: ArtifactRecord,
    contents: Contents & { readonly createdAt: Date },
    publish: (key: string) => Promise<string>,
    evenIfUsed: boolean = false,
  ): Promise<ArtifactRecord | undefined> {
    return this.#database.write(async (sql) => {
      if (!await holdSame(sql, expected)) return undefined;
      if (!evenIfUsed) {
        await runScript(sql, requireUnused(POSTGRES, "artifact_id", expected.id, "replace"));
      }
      sql.once();
      const path = await publish(expected.path);
      return await describe(sql, { ...expected, path }, contents);
    });
  }

  republish(record: ArtifactRecord, publish: (path: string) => Promise<void>): Promise<boolean> {
    return this.#database.write(async (sql) => {
      if (!await holdSame(sql, record)) return false;
      sql.once();
      await publish(record.path);
      return true;
    });
  }

  remove(id: string, force: boolean): Promise<boolean> {
    return this.#database.write(async (sql) => {
      const entry = await findEntry(sql, "a.id = ? FOR UPDATE", id);
      if (!entry) return false;
      await runScript(sql, releaseVersions(POSTGRES, "artifact_id", id, force));
      return await sql.run("DELETE FROM artifacts WHERE id = ?", id) > 0;
    });
  }

  invalidate(_runId: string): void {
    // Nothing is cached: other hosts write too.
  }

  unnamed(keys: Iterable<string>): Promise<Set<string>> {
    return this.#database.read((sql) => unnamedKeys(sql, keys));
  }

  namedByScan(keys: Iterable<string>): Promise<Set<string>> {
    return this.#database.readMoment((sql) => namedWithoutIndex(sql, keys));
  }

  async removeIfUnnamed(
    keys: Iterable<string>,
    remove: (keys: ReadonlySet<string>) => Promise<void>,
  ): Promise<void> {
    const asked = [...keys];
    await this.#database.write(async (sql) => {
      await lockRuns(sql, asked.map((key) => key.split(/[/\\]/, 1)[0]!));
      const unnamed = await unnamedKeys(sql, asked);
      if (unnamed.size === 0) return;
      sql.once();
      await remove(unnamed);
    });
  }

  /**
   * Writes in a transaction, unless the signal aborts first. A call that waits for a lock is
   * rejected at once; its transaction is rolled back when the lock is granted. After `begin` it can
   * no longer be aborted.
   */
  #abortable<T>(
    signal: AbortSignal | undefined,
    work: (sql: WriteTransaction, begin: () => void) => Promise<T>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      signal?.throwIfAborted();
      const withdraw = () => reject(signal!.reason);
      let isListening = signal !== undefined;
      const stopListening = () => {
        if (isListening) signal!.removeEventListener("abort", withdraw);
        isListening = false;
      };
      signal?.addEventListener("abort", withdraw, { once: true });
      this.#database.write((sql) =>
        work(sql, () => {
          signal?.throwIfAborted();
          stopListening();
          sql.once();
        })
      ).then(resolve, reject).finally(stopListening);
    });
  }
}

type RequireRun = (sql: Sql, runId: string) => Promise<void>;

async function checkName(
  sql: Sql,
  runId: string,
  name: string,
  require: RequireRun,
): Promise<IndexEntry | undefined> {
  const [, entry, names] = await Promise.all([
    require(sql, runId),
    findEntry(sql, BY_NAME, runId, name),
    namesNear(sql, runId, [name]),
  ]);
  if (!entry) names.check(name);
  return entry;
}

async function checkNames(
  sql: Sql,
  runId: string,
  names: readonly string[],
  require: RequireRun,
): Promise<ReadonlyMap<string, IndexEntry>> {
  const together = new NameIndex();
  for (const name of names) {
    together.check(name);
    together.add(name);
  }
  const [, rows, near] = await Promise.all([
    require(sql, runId),
    sql.all(`${SELECT_ENTRY} WHERE a.run_id = ? AND a.name = ANY(?::text[])`, runId, names),
    namesNear(sql, runId, names),
  ]);
  const entries = new Map(rows.map((row) => [String(row.name), entryOf(row)]));
  const found = new Map<string, IndexEntry>();
  for (const name of names) {
    const entry = entries.get(name);
    if (entry) found.set(name, entry);
    else near.check(name);
  }
  return found;
}

/** Returns whether a record is unchanged, and locks it until the transaction ends. */
async function holdSame(sql: WriteTransaction, expected: ArtifactRecord): Promise<boolean> {
  await lockNames(sql, expected.runId, [expected.name]);
  return isSame(await findEntry(sql, "a.id = ? FOR UPDATE", expected.id), expected);
}

function isDuplicate(error: unknown): boolean {
  return error instanceof Error && failureOf(error.cause) === "duplicate";
}
