/** Documents of MLflow clients in SQLite. */
import type {
  DocumentMerge,
  DocumentPage,
  DocumentPlace,
  MlflowDocument,
  MlflowDocuments,
} from "../../mlflow_documents.ts";
import type { Page } from "../../mlflow_query.ts";
import {
  ADD,
  CHANGE,
  countsOf,
  countStatement,
  type DocumentDialect,
  FIND,
  listedDocument,
  listStatement,
  placeValues,
  PUT,
  removeScopeStatement,
  removeStatement,
} from "../../rows/mlflow_document_sql.ts";
import { text } from "../../rows/value.ts";
import type { Database } from "../database.ts";
import { fragment } from "./conditions.ts";
import { pageOf } from "./pages.ts";

const DIALECT: DocumentDialect = {
  oneOf: (column) => `${column} IN (SELECT value FROM json_each(?))`,
  id: "id",
};

/** Documents in SQLite. */
export class SqliteMlflowDocuments implements MlflowDocuments {
  readonly #database: Database;

  /** Reads and writes `database`. */
  constructor(database: Database) {
    this.#database = database;
  }

  async put({ kind, id, scope, time, data }: MlflowDocument): Promise<void> {
    await this.#database.write({
      apply: (sql) => sql.prepare(PUT).run(kind, id, scope, time, data),
    });
  }

  get(kind: string, id: string): Promise<string | undefined> {
    return this.#database.read((sql) => {
      const row = sql.prepare(FIND).get(kind, id);
      return row && text(row.data);
    });
  }

  change(kind: string, id: string, change: (data: string) => string): Promise<boolean> {
    return this.#database.write({
      apply: (sql) => {
        const row = sql.prepare(FIND).get(kind, id);
        if (!row) return false;
        sql.prepare(CHANGE).run(change(text(row.data)), kind, id);
        return true;
      },
    });
  }

  merge(merges: readonly DocumentMerge[]): Promise<number | undefined> {
    return this.#database.write({
      apply: (sql) => {
        const find = sql.prepare(FIND);
        const needed = merges.filter(({ mustExist }) => mustExist);
        if (needed.some(({ kind, id }) => find.get(kind, id) === undefined)) return undefined;
        let added = 0;
        for (const { kind, id, scope, time, data, merge } of merges) {
          const row = find.get(kind, id);
          if (row) sql.prepare(CHANGE).run(merge(text(row.data)), kind, id);
          else added += sql.prepare(ADD).run(kind, id, scope, time, data);
        }
        return added;
      },
    });
  }

  list(
    kind: string,
    scopes: readonly string[] | undefined,
    page: DocumentPage,
  ): Promise<Page<DocumentPlace & { readonly data: string }>> {
    const values = scopes === undefined ? [] : [JSON.stringify(scopes)];
    const statement = listStatement(DIALECT, scopes !== undefined, page);
    return this.#database.read((sql) =>
      pageOf(
        sql,
        fragment(statement, kind, ...values, ...placeValues(page.after)),
        { limit: page.limit, offset: 0 },
        listedDocument,
      )
    );
  }

  count(kind: string, scopes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#database.read((sql) =>
      countsOf(sql.prepare(countStatement(DIALECT)).all(kind, JSON.stringify(scopes)))
    );
  }

  remove(kind: string, ids: readonly string[], scope?: string): Promise<number> {
    const statement = removeStatement(DIALECT, scope !== undefined);
    const values = scope === undefined ? [] : [scope];
    return this.#database.write({
      apply: (sql) => sql.prepare(statement).run(kind, JSON.stringify(ids), ...values),
    });
  }

  async removeScope(kinds: readonly string[], scope: string): Promise<void> {
    await this.#database.write({
      apply: (sql) => sql.prepare(removeScopeStatement(DIALECT)).run(JSON.stringify(kinds), scope),
    });
  }
}
