/** Documents of MLflow clients in PostgreSQL. */
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
  inLockOrder,
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
  oneOf: (column) => `${column} = ANY(?::text[])`,
  id: 'id COLLATE "C"',
};

const FIND_LOCKED = `${FIND} FOR UPDATE`;

/** Documents in PostgreSQL. */
export class PostgresMlflowDocuments implements MlflowDocuments {
  readonly #database: Database;

  /** Reads and writes `database`. */
  constructor(database: Database) {
    this.#database = database;
  }

  async put({ kind, id, scope, time, data }: MlflowDocument): Promise<void> {
    await this.#database.write((sql) => sql.run(PUT, kind, id, scope, time, data));
  }

  get(kind: string, id: string): Promise<string | undefined> {
    return this.#database.read(async (sql) => {
      const row = await sql.get(FIND, kind, id);
      return row && text(row.data);
    });
  }

  change(kind: string, id: string, change: (data: string) => string): Promise<boolean> {
    return this.#database.write(async (sql) => {
      const row = await sql.get(FIND_LOCKED, kind, id);
      if (!row) return false;
      await sql.run(CHANGE, change(text(row.data)), kind, id);
      return true;
    });
  }

  merge(merges: readonly DocumentMerge[]): Promise<number | undefined> {
    return this.#database.write(async (sql) => {
      for (const { kind, id, mustExist } of inLockOrder(merges)) {
        if (mustExist && await sql.get(FIND_LOCKED, kind, id) === undefined) return undefined;
      }
      let added = 0;
      for (const { kind, id, scope, time, data, merge } of inLockOrder(merges)) {
        if (await sql.run(ADD, kind, id, scope, time, data) > 0) {
          added++;
          continue;
        }
        const row = await sql.get(FIND_LOCKED, kind, id);
        if (row) await sql.run(CHANGE, merge(text(row.data)), kind, id);
        // It was removed meanwhile.
        else added += await sql.run(ADD, kind, id, scope, time, data);
      }
      return added;
    });
  }

  list(
    kind: string,
    scopes: readonly string[] | undefined,
    page: DocumentPage,
  ): Promise<Page<DocumentPlace & { readonly data: string }>> {
    const values = scopes === undefined ? [] : [scopes];
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
    return this.#database.read(async (sql) =>
      countsOf(await sql.all(countStatement(DIALECT), kind, scopes))
    );
  }

  remove(kind: string, ids: readonly string[], scope?: string): Promise<number> {
    const statement = removeStatement(DIALECT, scope !== undefined);
    const values = scope === undefined ? [] : [scope];
    return this.#database.write((sql) => sql.run(statement, kind, ids, ...values));
  }

  async removeScope(kinds: readonly string[], scope: string): Promise<void> {
    await this.#database.write((sql) => sql.run(removeScopeStatement(DIALECT), kinds, scope));
  }
}
