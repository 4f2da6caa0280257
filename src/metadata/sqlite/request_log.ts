/** Requests that have written, in SQLite. */
import type { RequestLog } from "../write_request.ts";
import type { Database } from "./database.ts";

/** Requests that have written. */
export class SqliteRequestLog implements RequestLog {
  readonly #database: Database;

  /** Reads and writes a database. */
  constructor(database: Database) {
    this.#database = database;
  }

  find(id: string): Promise<string | null | undefined> {
    return this.#database.read((sql) => {
      const row = sql.prepare("SELECT result FROM chachaml_requests WHERE id = ?").get(id);
      return row && (row.result === null ? null : String(row.result));
    });
  }

  async finish(id: string, result: string): Promise<void> {
    await this.#database.write({
      single: true,
      apply: (sql) => {
        sql.prepare("UPDATE chachaml_requests SET result = ? WHERE id = ?").run(result, id);
      },
    });
  }

  async forget(before: number): Promise<void> {
    await this.#database.write({
      single: true,
      apply: (sql) => {
        sql.prepare("DELETE FROM chachaml_requests WHERE written_at < ?").run(before);
      },
    });
  }
}
