/** Requests that have written, in PostgreSQL. */
import type { RequestLog } from "../write_request.ts";
import type { Database } from "./database.ts";

/** Requests that have written. */
export class PostgresRequestLog implements RequestLog {
  readonly #database: Database;

  /** Reads and writes a database. */
  constructor(database: Database) {
    this.#database = database;
  }

  find(id: string): Promise<string | null | undefined> {
    return this.#database.read(async (sql) => {
      const row = await sql.get("SELECT result FROM chachaml_requests WHERE id = ?", id);
      return row && (row.result === null ? null : String(row.result));
    });
  }

  async finish(id: string, result: string): Promise<void> {
    await this.#database.write((sql) =>
      sql.run("UPDATE chachaml_requests SET result = ? WHERE id = ?", result, id)
    );
  }

  async forget(before: number): Promise<void> {
    await this.#database.write((sql) =>
      sql.run("DELETE FROM chachaml_requests WHERE written_at < ?", before)
    );
  }
}
