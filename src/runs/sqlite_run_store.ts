import { InvalidOptionError, RunNotFoundError, RunStateError } from "../errors.ts";
import { fromEdn, toEdn } from "../edn.ts";
import { requireUnused } from "../model_versions.ts";
import { checkRunId, fold } from "../names.ts";
import type { Database } from "../sql/database.ts";
import { hasTable } from "../sql/schema.ts";
import type { SqlConnection, SqlRow, SqlValue } from "../sql/sql_driver.ts";
import type { EndOptions, Metric, Params, Run, RunQuery, StartOptions } from "./run.ts";
import { checkEnd, checkStart, errorText } from "./run_options.ts";
import { type RunDocument, sameDocument } from "./run_document.ts";
import { insertDocument, readDocument } from "./sqlite_run_document.ts";
import { runOf } from "./run_row.ts";
import type { ArtifactPlace, RunStore } from "./run_store.ts";

/** Tables with rows of a run, besides its own; the later ones exist only in some databases. */
const TABLES_OF_RUN = ["params", "metrics", "tags", "artifacts", "datasets"];

/** Runs in SQLite. */
export class SqliteRunStore implements RunStore {
  readonly #database: Database;
  readonly #now: () => number;

  /** Reads and writes `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async start(options: StartOptions): Promise<Run> {
    checkStart(options);
    const { id = crypto.randomUUID(), experiment = "default" } = options;
    const { name = null, tags = {}, parentId = null, createdBy = null } = options;
    checkRunId(id);
    return await this.#database.write({
      apply: (sql) => {
        if (options.id !== undefined) requireFreeId(sql, id);
        if (parentId !== null) require(sql, parentId);
        sql.prepare(
          `INSERT INTO runs (id, experiment, name, status, start_time, tags, parent_run_id,
            created_by) VALUES (?, ?, ?, 'running', ?, ?, ?, ?)`,
        ).run(
          id,
          experiment,
          name,
          this.#now(),
          Object.keys(tags).length === 0 ? null : toEdn(tags),
          parentId,
          createdBy,
        );
        return require(sql, id);
      },
    });
  }

  async end(id: string, options: EndOptions): Promise<Run> {
    checkEnd(options);
    const { error, status = error === undefined ? "completed" : "failed" } = options;
    return await this.#database.write({
      apply: (sql) => {
        const run = require(sql, id);
        if (run.status !== "running") {
          throw new RunStateError("end", id, `it has ended already, as ${run.status}`);
        }
        sql.prepare("UPDATE runs SET status = ?, end_time = ?, error = ? WHERE id = ?")
          .run(status, this.#now(), error === undefined ? null : errorText(error), id);
        return require(sql, id);
      },
    });
  }

  get(id: string): Promise<Run> {
    return this.#database.read((sql) => require(sql, id));
  }

  list({ experiment, status, limit = -1 }: RunQuery): Promise<Run[]> {
    const conditions: string[] = [];
    const values: SqlValue[] = [];
    for (const [column, value] of Object.entries({ experiment, status })) {
      if (value === undefined) continue;
      conditions.push(`${column} = ?`);
      values.push(value);
    }
    const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
    return this.#database.read((sql) =>
      sql.prepare(`SELECT * FROM runs ${where} ORDER BY start_time DESC, rowid DESC LIMIT ?`)
        .all(...values, limit).map((row) => withTags(sql, row))
    );
  }

  remove(id: string, force: boolean): Promise<ArtifactPlace[]> {
    return this.#database.write({
      alone: true,
      apply: (sql) => {
        require(sql, id);
        if (!force) requireUnused(sql, "run_id", id);
        const places = sql.prepare("SELECT name, path FROM artifacts WHERE run_id = ?").all(id)
          .map((row) => ({ runId: id, name: String(row.name), path: String(row.path) }));
        sql.prepare(
          "DELETE FROM artifact_replacements WHERE artifact_id IN " +
            "(SELECT id FROM artifacts WHERE run_id = ?)",
        ).run(id);
        for (const table of TABLES_OF_RUN) {
          if (hasTable(sql, table)) sql.prepare(`DELETE FROM ${table} WHERE run_id = ?`).run(id);
        }
        sql.prepare("DELETE FROM runs WHERE id = ?").run(id);
        return places;
      },
    });
  }

  document(id: string): Promise<RunDocument | undefined> {
    return this.#database.read((sql) => readDocument(sql, id));
  }

  adopt(run: RunDocument, publish: () => Promise<void>): Promise<boolean> {
    let isNew = false;
    return this.#database.write({
      alone: true,
      check: (sql) => {
        isNew = requireNewOrSame(sql, run);
        return "now";
      },
      publish: async () => {
        if (isNew) await publish();
      },
      apply: (sql) => {
        if (isNew) insertDocument(sql, run);
        return isNew;
      },
    });
  }

  async logParams(id: string, params: Params): Promise<void> {
    const entries = Object.entries(params).map(([key, value]) => [key, toEdn(value)] as const);
    await this.#database.write({
      apply: (sql) => {
        require(sql, id);
        const get = sql.prepare("SELECT value FROM params WHERE run_id = ? AND key = ?");
        const insert = sql.prepare("INSERT INTO params (run_id, key, value) VALUES (?, ?, ?)");
        for (const [key, value] of entries) {
          const known = get.get(id, key)?.value;
          if (known === value) continue;
          if (known !== undefined) {
            throw new RunStateError(
              "log params to",
              id,
              `param ${JSON.stringify(key)} is ${known} and params never change; ` +
                "start another run for another value",
            );
          }
          insert.run(id, key, value);
        }
      },
    });
  }

  params(id: string): Promise<Record<string, unknown>> {
    return this.#database.read((sql) => {
      require(sql, id);
      const rows = sql.prepare("SELECT key, value FROM params WHERE run_id = ? ORDER BY key").all(
        id,
      );
      return Object.fromEntries(rows.map((row) => [String(row.key), fromEdn(String(row.value))]));
    });
  }

  async logMetrics(
    id: string,
    metrics: Readonly<Record<string, number>>,
    step: number,
  ): Promise<void> {
    if (!Number.isSafeInteger(step)) {
      throw new InvalidOptionError(`Cannot log metrics at step ${step}: it must be a whole number`);
    }
    for (const [key, value] of Object.entries(metrics)) {
      if (typeof value === "number" && Number.isFinite(value)) continue;
      throw new InvalidOptionError(
        `Cannot log metric ${JSON.stringify(key)}: ${value} is no finite number`,
      );
    }
    await this.#database.write({
      apply: (sql) => {
        require(sql, id);
        const insert = sql.prepare(
          "INSERT INTO metrics (run_id, key, value, step, timestamp) VALUES (?, ?, ?, ?, ?)",
        );
        const now = this.#now();
        for (const [key, value] of Object.entries(metrics)) insert.run(id, key, value, step, now);
      },
    });
  }

  metrics(id: string, key: string | undefined): Promise<Metric[]> {
    return this.#database.read((sql) => {
      require(sql, id);
      const rows = key === undefined
        ? sql.prepare("SELECT * FROM metrics WHERE run_id = ? ORDER BY rowid").all(id)
        : sql.prepare("SELECT * FROM metrics WHERE run_id = ? AND key = ? ORDER BY rowid")
          .all(id, key);
      return rows.map((row) => ({
        key: String(row.key),
        value: Number(row.value),
        step: Number(row.step),
        timestamp: new Date(Number(row.timestamp)),
      }));
    });
  }
}

/** The run of an id, with its tags. */
function require(sql: SqlConnection, id: string): Run {
  const row = sql.prepare("SELECT * FROM runs WHERE id = ?").get(id);
  if (!row) throw new RunNotFoundError(id);
  return withTags(sql, row);
}

function withTags(sql: SqlConnection, row: SqlRow): Run {
  return runOf(row, sql.prepare("SELECT key, value FROM tags WHERE run_id = ?").all(row.id!));
}

/** Whether a run is not there; one that is there must be the same. */
function requireNewOrSame(sql: SqlConnection, run: RunDocument): boolean {
  const there = readDocument(sql, run.id);
  if (there) {
    if (sameDocument(there, run)) return false;
    throw new RunStateError(
      "import",
      run.id,
      "a run of this id is there and differs; remove it first, or import under new ids (newIds, " +
        "--new-ids)",
    );
  }
  requireFreeId(sql, run.id);
  for (const table of ["artifacts", "datasets"] as const) {
    if (!hasTable(sql, table)) continue;
    const taken = sql.prepare(`SELECT run_id FROM ${table} WHERE id = ?`);
    for (const { id } of run[table]) {
      const other = taken.get(id)?.run_id;
      if (other === undefined) continue;
      const state = `run ${JSON.stringify(other)} has one of its ${table}; import under new ids ` +
        "(newIds, --new-ids)";
      throw new RunStateError("import", run.id, state);
    }
  }
  return true;
}

/** Two runs share no directory, also where the file system ignores case or normalisation. */
function requireFreeId(sql: SqlConnection, id: string): void {
  const folded = fold(id);
  // Ids of plain letters are compared by SQLite; only the few others must be read.
  const plain = /^[ -~]*$/.test(id);
  const condition = plain ? "id = ? COLLATE NOCASE OR id GLOB '*[^ -~]*'" : "? IS NOT NULL";
  const alike = sql.prepare(`SELECT id FROM runs WHERE ${condition}`).all(id).map((row) =>
    String(row.id)
  ).find((other) => fold(other) === folded);
  if (alike === undefined) return;
  throw new RunStateError(
    "start",
    id,
    alike === id
      ? "there is a run of this id; choose another, or leave it out"
      : `there is a run ${JSON.stringify(alike)}, and some file systems take the two for one`,
  );
}
