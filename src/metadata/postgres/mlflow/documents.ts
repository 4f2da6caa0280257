/** Documents of MLflow clients in PostgreSQL. */
import type { MlflowDocument, MlflowDocuments } from "../../mlflow_documents.ts";
import type { Page } from "../../mlflow_query.ts";
import { text } from "../../rows/value.ts";
import type { Database } from "../database.ts";
import { fragment } from "./conditions.ts";
import { pageOf } from "./pages.ts";

/** Documents in PostgreSQL. */
export class PostgresMlflowDocuments implements MlflowDocuments {
  readonly #database: Database;

  /** Reads and writes `database`. */
  constructor(database: Database) {
    this.#database = database;
  }

  async put({ kind, id, scope, time, data }: MlflowDocument): Promise<void> {
    await this.#database.write((sql) =>
      sql.run(
        `INSERT INTO mlflow_documents (kind, id, scope, time, data) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (kind, id) DO UPDATE SET scope = excluded.scope, time = excluded.time,
            data = excluded.data`,
        kind,
        id,
        scope,
        time,
        data,
      )
    );
  }

  get(kind: string, id: string): Promise<string | undefined> {
    return this.#database.read(async (sql) => {
      const row = await sql.get(
        "SELECT data FROM mlflow_documents WHERE kind = ? AND id = ?",
        kind,
        id,
      );
      return row && text(row.data);
    });
  }

  change(kind: string, id: string, change: (data: string) => string): Promise<boolean> {
    return this.#database.write(async (sql) => {
      const row = await sql.get(
        "SELECT data FROM mlflow_documents WHERE kind = ? AND id = ? FOR UPDATE",
        kind,
        id,
      );
      if (!row) return false;
      await sql.run(
        "UPDATE mlflow_documents SET data = ? WHERE kind = ? AND id = ?",
        change(text(row.data)),
        kind,
        id,
      );
      return true;
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
          `SELECT data FROM mlflow_documents WHERE kind = ? AND scope = ANY(?::text[])
            ORDER BY time DESC, id COLLATE "C"`,
          kind,
          scopes,
        ),
        page,
        ({ data }) => text(data),
      )
    );
  }

  remove(kind: string, ids: readonly string[]): Promise<number> {
    return this.#database.write((sql) =>
      sql.run("DELETE FROM mlflow_documents WHERE kind = ? AND id = ANY(?::text[])", kind, ids)
    );
  }
}
