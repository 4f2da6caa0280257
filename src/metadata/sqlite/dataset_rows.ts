/** Datasets and experiments in SQLite. */
import { fromEdn, toStoredEdn } from "../../edn/mod.ts";
import { assertCount, assertObject, assertStorable, assertString } from "../../base/assert.ts";
import { InvalidOptionError } from "../../base/errors.ts";
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import type { Dataset, DatasetOptions, Experiment } from "../dataset.ts";
import type { DatasetDocument } from "../run_document.ts";
import { text, textOrNull, whole } from "./whole_text.ts";

/**
 * A dataset about to be noted.
 *
 * @throws {InvalidOptionError} If something of it is of a wrong type.
 */
export function newDataset(options: DatasetOptions, now: number): DatasetDocument {
  const action = "note a dataset";
  assertObject(action, "a dataset", options);
  const { role = "train", rows = null, columns = null, features, hash, source } = options;
  for (const [key, value] of Object.entries({ rows, columns })) {
    if (value !== null) assertCount(action, key, value);
  }
  for (const [key, value] of Object.entries({ role, hash, source })) {
    assertStorable(action, key, value);
  }
  const named = features === undefined || Array.isArray(features) && features.every(isText);
  if (!named) throw new InvalidOptionError(`Cannot ${action}: features must be a list of names`);
  return {
    id: crypto.randomUUID(),
    role,
    rows,
    columns,
    features: features === undefined ? null : toStoredEdn(features, "features"),
    hash: hash ?? null,
    source: source ?? null,
    createdAt: now,
  };
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

const DATASET = whole("id", "role", "features", "hash", "source");
const EXPERIMENT = whole("name", "description", "owner");

/** Writes a dataset. */
export function insertDataset(sql: SqlConnection, runId: string, dataset: DatasetDocument): void {
  const { id, role, rows, columns, features, hash, source, createdAt } = dataset;
  sql.prepare(
    `INSERT INTO datasets (id, run_id, role, n_rows, n_cols, features, hash, source, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(id, runId, role, rows, columns, features, hash, source, createdAt);
}

/** Reads the datasets of a run, in the order noted. */
export function selectDatasets(sql: SqlConnection, runId: string): DatasetDocument[] {
  return sql.prepare(`SELECT ${DATASET}, n_rows, n_cols, created_at FROM datasets
      WHERE run_id = ? ORDER BY created_at, rowid`)
    .all(runId).map((row) => ({
      id: text(row.id),
      role: text(row.role),
      rows: numberOrNull(row.n_rows),
      columns: numberOrNull(row.n_cols),
      features: textOrNull(row.features),
      hash: textOrNull(row.hash),
      source: textOrNull(row.source),
      createdAt: Number(row.created_at),
    }));
}

/** A dataset from its document. */
export function datasetOf({ features, createdAt, ...rest }: DatasetDocument): Dataset {
  const names = features === null ? null : fromEdn(features);
  return {
    ...rest,
    features: Array.isArray(names) ? names.map(nameOf) : null,
    createdAt: new Date(createdAt),
  };
}

/** The name of a column, which is a keyword where Clojure has written it. */
function nameOf(value: unknown): string {
  return `${value}`.replace(/^:/, "");
}

/** Reads all experiments, by name. */
export function selectExperiments(sql: SqlConnection): Experiment[] {
  const experiments = new Map<string, Experiment>();
  const described = sql.prepare(`SELECT ${EXPERIMENT} FROM experiments`).all();
  for (const row of described) {
    const name = text(row.name);
    const [description, owner] = [textOrNull(row.description), textOrNull(row.owner)];
    experiments.set(name, { name, description, owner, runs: 0, lastRun: null });
  }
  const counted = sql.prepare(
    `SELECT ${whole("experiment")}, count(*) AS runs, max(start_time) AS last FROM runs
      GROUP BY runs.experiment`,
  ).all();
  for (const row of counted) countIn(experiments, row);
  return [...experiments.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

function countIn(experiments: Map<string, Experiment>, row: SqlRow): void {
  const name = text(row.experiment);
  experiments.set(name, {
    name,
    description: experiments.get(name)?.description ?? null,
    owner: experiments.get(name)?.owner ?? null,
    runs: Number(row.runs),
    lastRun: new Date(Number(row.last)),
  });
}

/**
 * Refuses what cannot be said of an experiment.
 *
 * @throws {InvalidNameError} If it is not named by text.
 * @throws {InvalidOptionError} If something of it is of a wrong type.
 */
export function assertDescription(name: unknown, about: object): void {
  assertString("the name of an experiment", name);
  const action = `describe experiment ${JSON.stringify(name)}`;
  assertStorable(action, "its name", name);
  assertObject(action, "what is said of it", about);
  const { description, owner } = about as { description?: unknown; owner?: unknown };
  for (const [key, value] of Object.entries({ description, owner })) {
    if (value !== null) assertStorable(action, key, value);
  }
}

/** Writes what is said of an experiment, beside what was said before. */
export function upsertExperiment(
  sql: SqlConnection,
  name: string,
  about: { readonly description?: string | null; readonly owner?: string | null },
  now: number,
): void {
  sql.prepare("INSERT OR IGNORE INTO experiments (name, created_at) VALUES (?, ?)").run(name, now);
  for (const column of ["description", "owner"] as const) {
    const value = about[column];
    if (value === undefined) continue;
    sql.prepare(`UPDATE experiments SET ${column} = ? WHERE name = ?`).run(value, name);
  }
}

function numberOrNull(value: SqlValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
