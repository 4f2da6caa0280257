/** Validation and rows of datasets and experiments. */
import { assertCount, assertObject, assertStorable, assertString } from "../../base/assert.ts";
import { InvalidOptionError } from "../../base/errors.ts";
import { fromEdn, toStoredEdn } from "../../edn/mod.ts";
import { assertNotReordered } from "../../names/deceptive.ts";
import type { Dataset, DatasetOptions, Experiment } from "../dataset.ts";
import type { DatasetDocument } from "../run_document.ts";
import { numberOrNull, type SqlRow, text, textOrNull } from "./value.ts";

/**
 * Creates the document of a dataset to record.
 *
 * @throws {InvalidOptionError} If a member has a wrong type.
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

/** Converts a row to the document of a dataset. */
export function datasetDocumentOf(row: SqlRow): DatasetDocument {
  return {
    id: text(row.id),
    role: text(row.role),
    rows: numberOrNull(row.n_rows),
    columns: numberOrNull(row.n_cols),
    features: textOrNull(row.features),
    hash: textOrNull(row.hash),
    source: textOrNull(row.source),
    createdAt: Number(row.created_at),
  };
}

/** Converts a document to a dataset. */
export function datasetOf({ features, createdAt, ...rest }: DatasetDocument): Dataset {
  const names = features === null ? null : fromEdn(features);
  return {
    ...rest,
    features: Array.isArray(names) ? names.map(nameOf) : null,
    createdAt: new Date(createdAt),
  };
}

/** Returns the name of a column; Clojure programs write it as a keyword. */
function nameOf(value: unknown): string {
  return `${value}`.replace(/^:/, "");
}

/** Combines rows with descriptions and rows with counts to experiments, by name. */
export function experimentsOf(
  described: readonly SqlRow[],
  counted: readonly SqlRow[],
): Experiment[] {
  const experiments = new Map<string, Experiment>();
  for (const row of described) {
    const name = text(row.name);
    const [description, owner] = [textOrNull(row.description), textOrNull(row.owner)];
    experiments.set(name, { name, description, owner, runs: 0, lastRun: null });
  }
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
 * Checks the description of an experiment.
 *
 * @throws {InvalidNameError} If the name is not a string, or has a bidirectional control.
 * @throws {InvalidOptionError} If a member has a wrong type.
 */
export function assertDescription(name: unknown, about: object): void {
  assertString("the name of an experiment", name);
  const action = `describe experiment ${JSON.stringify(name)}`;
  assertStorable(action, "its name", name);
  assertNotReordered("an experiment", name);
  assertObject(action, "what is said of it", about);
  const { description, owner } = about as { description?: unknown; owner?: unknown };
  for (const [key, value] of Object.entries({ description, owner })) {
    if (value !== null) assertStorable(action, key, value);
  }
}
