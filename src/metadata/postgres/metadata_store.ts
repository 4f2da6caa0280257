import type { MetadataCheck, MetadataStore } from "../metadata_store.ts";
import type { RunTable } from "../run_table.ts";
import type { RequestLog } from "../write_request.ts";
import type { ChangeLog } from "../change_log.ts";
import type { MlflowStore } from "../mlflow_store.ts";
import type { FinalWrites } from "../process_store.ts";
import type { Snapshot } from "../snapshot.ts";
import { parseVerificationNote, type VerificationNote, VERIFIED } from "../verification_note.ts";
import { PostgresArtifactIndex } from "./artifact_index.ts";
import { checkDatabase } from "./check.ts";
import type { Database } from "./database.ts";
import { writeFinally } from "./final_writes.ts";
import { SqlModelStore } from "../sql/model_store.ts";
import { scriptsOf } from "./script.ts";
import { PostgresProcessStore } from "./process_store.ts";
import { PostgresRunStore } from "./run_store.ts";
import { TABLES } from "./schema.ts";

/** Metadata in a PostgreSQL database. */
export class PostgresMetadata implements MetadataStore {
  readonly runs: PostgresRunStore;
  readonly artifacts: PostgresArtifactIndex;
  readonly models: SqlModelStore;
  readonly processes: PostgresProcessStore;
  readonly #database: Database;
  readonly #now: () => number;

  /** Takes ownership of an open database; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
    this.runs = new PostgresRunStore(database, now);
    this.artifacts = new PostgresArtifactIndex(database, now);
    this.models = new SqlModelStore(scriptsOf(database), now);
    this.processes = new PostgresProcessStore(database, now);
  }

  async mlflow(): Promise<MlflowStore> {
    const { mlflowStore } = await import("./mlflow/mlflow_store.ts");
    return mlflowStore(this.#database, this.#now);
  }

  async requests(): Promise<RequestLog> {
    const { PostgresRequestLog } = await import("./request_log.ts");
    return new PostgresRequestLog(this.#database);
  }

  async changes(): Promise<ChangeLog> {
    const { PostgresChangeLog } = await import("./change_log.ts");
    return new PostgresChangeLog(this.#database);
  }

  async table(): Promise<RunTable> {
    const { PostgresRunTable } = await import("./table/run_table.ts");
    return new PostgresRunTable(this.#database);
  }

  identity(): Promise<string | undefined> {
    return this.#database.read(async (sql) => {
      const row = await sql.get("SELECT value FROM chachaml_store WHERE key = 'id'");
      return row && String(row.value);
    });
  }

  lastVerification(): Promise<VerificationNote | undefined> {
    return this.#database.read(async (sql) => {
      const row = await sql.get("SELECT value FROM chachaml_store WHERE key = ?", VERIFIED);
      return parseVerificationNote(row && String(row.value));
    });
  }

  async noteVerification(note: VerificationNote): Promise<void> {
    await this.#database.write((sql) =>
      sql.run(
        `INSERT INTO chachaml_store (key, value) VALUES (?, ?)
          ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`,
        VERIFIED,
        JSON.stringify(note),
      )
    );
  }

  check(): Promise<MetadataCheck> {
    return checkDatabase(this.#database);
  }

  size(): Promise<number | undefined> {
    return this.#database.read(async (sql) => {
      const row = await sql.get(
        `SELECT sum(pg_total_relation_size(c.oid))::bigint AS size FROM pg_class c
          WHERE c.relname = ANY(?::text[]) AND c.relkind IN ('r', 'p') AND c.relnamespace =
            (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`,
        Object.keys(TABLES),
      );
      return Number(row?.size ?? 0);
    });
  }

  async tryWriting(): Promise<void> {
    await this.#database.write((sql) =>
      sql.run("LOCK TABLE runs, artifacts, metrics IN ROW EXCLUSIVE MODE")
    );
  }

  async snapshot(path: string, mode?: number): Promise<Snapshot> {
    const { writeSnapshot } = await import("./snapshot.ts");
    return await writeSnapshot(this.#database, path, mode);
  }

  async fill(path: string): Promise<void> {
    const { fillFrom } = await import("./fill.ts");
    await fillFrom(this.#database, path);
  }

  finishSync(last: FinalWrites): void {
    writeFinally({
      ...last,
      server: this.#database.server,
      options: this.#database.options,
      now: this.#now(),
      backends: this.#database.backends,
      pending: this.runs.pending,
    });
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
