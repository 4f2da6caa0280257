/** Documents of MLflow clients in SQLite. */
import type { MlflowDocument, MlflowDocuments } from "../../mlflow_documents.ts";
import type { Page } from "../../mlflow_query.ts";
import type { Database } from "../database.ts";
import { fragment } from "./conditions.ts";
import { pageOf } from "./pages.ts";

const FIND = "SELECT data FROM mlflow_documents WHERE kind = ? AND id = ?";

/** Documents in SQLite. */
export class SqliteMlflowDocuments implements MlflowDocuments {
  readonly #database: Database;

  /** Reads and writes `database`. */
  constructor(database: Database) {
    this.#database = database;
  }

  async put({ kind, id, scope, time, data }: MlflowDocument): Promise<void> {
    await this.#database.write({
      apply: (sql) =>
        sql.prepare(
          `INSERT INTO mlflow_documents (kind, id, scope, time, data) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (kind, id) DO UPDATE SET scope = excluded.scope, time = excluded.time,
              data = excluded.data`,
        ).run(kind, id, scope, time, data),
    });
  }

  get(kind: string, id: string): Promise<string | undefined> {
    return this.#database.read((sql) => {
      const row = sql.prepare(FIND).get(kind, id);
      return row && String(row.data);
    });
  }

  change(kind: string, id: string, change: (data: string) => string): Promise<boolean> {
    return this.#database.write({
      apply: (sql) => {
        const row = sql.prepare(FIND).get(kind, id);
        if (!row) return false;
        sql.prepare("UPDATE mlflow_documents SET data = ? WHERE kind = ? AND id = ?")
          .run(change(String(row.data)), kind, id);
        return true;
      },
    });
  }

  list(
    kind: string,
    scopes: readonly string[],
    page: { readonly limit: number; readonly offset: number },
  ): Promise<Page<string>> {
    return this.#database.read((sql) =>
      pageOf(
        sql,
        fragment(
          `SELECT data FROM mlflow_documents
            WHERE kind = ? AND scope IN (SELECT value FROM json_each(?)) ORDER BY time DESC, id`,
          kind,
          JSON.stringify(scopes),
        ),
        page,
        ({ data }) => String(data),
      )
    );
  }

  remove(kind: string, ids: readonly string[]): Promise<number> {
    return this.#database.write({
      apply: (sql) =>
        sql.prepare(
          `DELETE FROM mlflow_documents WHERE kind = ? AND id IN (SELECT value FROM json_each(?))`,
        ).run(kind, JSON.stringify(ids)),
    });
  }
}
