/** Statements for documents of MLflow clients, for any database. */
import type { DocumentPage, DocumentPlace } from "../../mlflow_documents.ts";
import { type SqlRow, text } from "../../rows/value.ts";
import type { SqlDialect } from "../dialect.ts";

const TABLE = "mlflow_documents";
const VALUES = `INTO ${TABLE} (kind, id, scope, time, data) VALUES (?, ?, ?, ?, ?)`;

/** Adds a document, or replaces it. */
export const PUT = `INSERT ${VALUES} ON CONFLICT (kind, id) DO UPDATE SET
  scope = excluded.scope, time = excluded.time, data = excluded.data`;

/** Adds a document unless it exists. */
export const ADD = `INSERT ${VALUES} ON CONFLICT (kind, id) DO NOTHING`;

/** Returns the data of a document. */
export const FIND = `SELECT data FROM ${TABLE} WHERE kind = ? AND id = ?`;

/** Changes the data of a document. */
export const CHANGE = `UPDATE ${TABLE} SET data = ? WHERE kind = ? AND id = ?`;

/** Statement that lists documents, without its LIMIT; its values follow `placeValues`. */
export function listStatement(
  dialect: SqlDialect,
  hasScopes: boolean,
  { after, oldestFirst = false }: DocumentPage,
): string {
  const id = dialect.text("id");
  const [sign, direction] = oldestFirst ? [">", "ASC"] : ["<", "DESC"];
  return `SELECT id, time, data FROM ${TABLE} WHERE kind = ?
    ${hasScopes ? `AND ${dialect.oneOf("scope", "text")}` : ""}
    ${after === undefined ? "" : `AND (time ${sign} ? OR time = ? AND ${id} ${sign} ?)`}
    ORDER BY time ${direction}, ${id} ${direction}`;
}

/** Returns the values of a position in a listing. */
export function placeValues(after: DocumentPlace | undefined): (number | string)[] {
  return after === undefined ? [] : [after.time, after.time, after.id];
}

/** Statement that counts documents by scope. */
export function countStatement(dialect: SqlDialect): string {
  return `SELECT scope, count(*) AS count FROM ${TABLE} WHERE kind = ? AND ${
    dialect.oneOf("scope", "text")
  }
    GROUP BY scope`;
}

/** Statement that removes documents by id. */
export function removeStatement(dialect: SqlDialect, hasScope: boolean): string {
  return `DELETE FROM ${TABLE} WHERE kind = ? AND ${dialect.oneOf("id", "text")}${
    hasScope ? " AND scope = ?" : ""
  }`;
}

/** Statement that removes the documents of a scope. */
export function removeScopeStatement(dialect: SqlDialect): string {
  return `DELETE FROM ${TABLE} WHERE ${dialect.oneOf("kind", "text")} AND scope = ?`;
}

/** Converts a row of a listing. */
export function listedDocument(row: SqlRow): DocumentPlace & { readonly data: string } {
  return { id: text(row.id), time: Number(row.time), data: text(row.data) };
}

/** Converts the rows of a count. */
export function countsOf(rows: readonly SqlRow[]): ReadonlyMap<string, number> {
  return new Map(rows.map(({ scope, count }) => [text(scope), Number(count)]));
}

/** Orders merges by id, so that transactions lock the same rows in the same order. */
export function inLockOrder<T extends { readonly kind: string; readonly id: string }>(
  merges: readonly T[],
): T[] {
  const key = ({ kind, id }: T) => `${kind}\n${id}`;
  return merges.toSorted((a, b) => key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}
