import { dirname } from "@std/path";
import { describeLowSpace } from "../../base/free_space.ts";
import { SqliteArtifactIndex } from "./artifact_index.ts";
import { checkDatabase } from "./check.ts";
import type { Database } from "./database.ts";
import type { RequestLog } from "../write_request.ts";
import type { ChangeLog } from "../change_log.ts";
import type { MlflowStore } from "../mlflow_store.ts";
import { SqlModelStore } from "../sql/model_store.ts";
import { scriptsOf } from "./script.ts";
import { SqliteProcessStore } from "./process_store.ts";
import { SqliteRunStore } from "./run_store.ts";
import type { RunTable } from "../run_table.ts";
import { SnapshotFile } from "./snapshot_file.ts";
import type { SqlDriver } from "./sql_driver.ts";
import { tryWriting } from "./try_writing.ts";
import type { FinalWrites } from "../process_store.ts";
import type { MetadataCheck, MetadataStore } from "../metadata_store.ts";
import { parseVerificationNote, type VerificationNote, VERIFIED } from "../verification_note.ts";

/** Metadata in a SQLite database. */
export class SqliteMetadata implements MetadataStore {
  readonly runs: SqliteRunStore;
  readonly artifacts: SqliteArtifactIndex;
  readonly models: SqlModelStore;
  readonly processes: SqliteProcessStore;
  readonly #database: Database;
  readonly #driver: SqlDriver;
  readonly #path: string | undefined;
  readonly #now: () => number;

  /**
   * Wraps an open database. `now` is the clock, in epoch milliseconds; `path` is the path of its
   * file.
   */
  constructor(database: Database, driver: SqlDriver, now: () => number, path?: string) {
    this.#database = database;
    this.#driver = driver;
    this.#path = path;
    this.runs = new SqliteRunStore(database, now);
    this.artifacts = new SqliteArtifactIndex(database, now);
    this.models = new SqlModelStore(scriptsOf(database), now);
    this.processes = new SqliteProcessStore(database, now);
    this.#now = now;
  }

  async mlflow(): Promise<MlflowStore> {
    const { mlflowStore } = await import("./mlflow/mlflow_store.ts");
    return mlflowStore(this.#database, this.#now);
  }

  identity(): Promise<string | undefined> {
    return this.#database.read((sql) => {
      const row = sql.prepare("SELECT value FROM chachaml_store WHERE key = 'id'").get();
      return row && String(row.value);
    });
  }

  lastVerification(): Promise<VerificationNote | undefined> {
    return this.#database.read((sql) => {
      const row = sql.prepare("SELECT value FROM chachaml_store WHERE key = ?").get(VERIFIED);
      return parseVerificationNote(row && String(row.value));
    });
  }

  noteVerification(note: VerificationNote): Promise<void> {
    return this.#database.write({
      apply: (sql) => {
        sql.prepare(
          `INSERT INTO chachaml_store (key, value) VALUES (?, ?)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
        ).run(VERIFIED, JSON.stringify(note));
      },
    });
  }

  async table(): Promise<RunTable> {
    const { SqliteRunTable } = await import("./table/run_table.ts");
    return new SqliteRunTable(this.#database);
  }

  async requests(): Promise<RequestLog> {
    const { SqliteRequestLog } = await import("./request_log.ts");
    return new SqliteRequestLog(this.#database);
  }

  async changes(): Promise<ChangeLog> {
    const { SqliteChangeLog } = await import("./change_log.ts");
    return new SqliteChangeLog(this.#database);
  }

  async check(): Promise<MetadataCheck> {
    const { damage, warnings } = await checkDatabase(this.#database);
    // The artifacts may be on another file system.
    const little = this.#path && await describeLowSpace(dirname(this.#path));
    return { damage, warnings: little ? [...warnings, little] : warnings };
  }

  async size(): Promise<number | undefined> {
    if (this.#path === undefined) return undefined;
    let sum = 0;
    for (const part of [this.#path, `${this.#path}-wal`]) {
      sum += await Deno.stat(part).then(({ size }) => size, () => 0);
    }
    return sum;
  }

  async tryWriting(): Promise<void> {
    if (this.#path !== undefined) await tryWriting(this.#driver, this.#path);
  }

  snapshot(path: string, mode?: number): Promise<SnapshotFile> {
    return SnapshotFile.copy(this.#database, this.#driver, path, mode);
  }

  finishSync(last: FinalWrites): void {
    this.processes.finishSync(last);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
