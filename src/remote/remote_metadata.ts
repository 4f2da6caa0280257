/** Metadata of a store on a server. */
import { NotRemoteError } from "../base/server_errors.ts";
import type { ChangeLog } from "../metadata/change_log.ts";
import type { MetadataCheck, MetadataStore } from "../metadata/metadata_store.ts";
import type { MlflowStore } from "../metadata/mlflow_store.ts";
import type { ModelStore } from "../metadata/model_store.ts";
import type { ProcessStore } from "../metadata/process_store.ts";
import type { FinalWrites } from "../metadata/process_store.ts";
import type { RunStore } from "../metadata/run_store.ts";
import type { RunTable } from "../metadata/run_table.ts";
import type { RequestLog } from "../metadata/write_request.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import type { VerificationNote } from "../metadata/verification_note.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { OPERATIONS, type Operations, type Rooms } from "./protocol/operations.ts";
import { RemoteArtifactIndex } from "./remote_artifact_index.ts";
import { remoteRuns } from "./remote_runs.ts";
import type { Spool } from "./spool/spool.ts";

/** Metadata stored by a server. Each operation is one call. */
export class RemoteMetadata implements MetadataStore {
  readonly runs: RunStore;
  readonly artifacts: RemoteArtifactIndex;
  readonly models: ModelStore;
  readonly processes: ProcessStore;
  readonly #store: Operations<"store">;
  readonly #connection: Connection;
  readonly #spool: Spool;

  /** Creates an accessor of the server of `connection`. */
  constructor(connection: Connection, spool: Spool) {
    this.#connection = connection;
    this.#spool = spool;
    const quick = operations(connection, "runs", { once: true });
    this.runs = remoteRuns(operations(connection, "runs"), quick, spool);
    this.artifacts = new RemoteArtifactIndex(connection, operations(connection, "artifacts"));
    this.models = operations(connection, "models");
    this.processes = operations(connection, "processes");
    this.#store = operations(connection, "store");
  }

  identity(): Promise<string | undefined> {
    return this.#store.identity();
  }

  lastVerification(): Promise<VerificationNote | undefined> {
    return this.#store.lastVerification();
  }

  noteVerification(note: VerificationNote): Promise<void> {
    return this.#store.noteVerification(note);
  }

  check(): Promise<MetadataCheck> {
    return this.#store.check();
  }

  size(): Promise<number | undefined> {
    return this.#store.size();
  }

  mlflow(): Promise<MlflowStore> {
    return refuse("serve");
  }

  table(): Promise<RunTable> {
    return refuse("serve");
  }

  requests(): Promise<RequestLog> {
    return refuse("serve");
  }

  changes(): Promise<ChangeLog> {
    return refuse("watch");
  }

  tryWriting(): Promise<void> {
    return Promise.resolve();
  }

  snapshot(): Promise<Snapshot> {
    return refuse("copy");
  }

  /** Spools buffered points and the end of the runs; the next process sends them. */
  finishSync({ batches, runIds, error }: FinalWrites): void {
    const add = (operation: string, args: readonly unknown[]) =>
      this.#spool.add({ id: crypto.randomUUID(), operation, args });
    for (const batch of batches) add("runs.logMetrics", [batch]);
    const change = { status: "failed", endTime: new Date(), error };
    for (const id of runIds) add("runs.update", [id, change, ["running"]]);
  }

  async close(): Promise<void> {
    await this.#spool.close().finally(() => this.#connection.close());
  }
}

/** Returns the operations of a part, each as a call to the server. */
export function operations<Room extends keyof Rooms>(
  connection: Connection,
  room: Room,
  options: CallOptions = {},
): Operations<Room> {
  const entries = Object.entries(OPERATIONS[room]).map(([name, access]) => [
    name,
    (...args: readonly unknown[]) => connection.call(access, `${room}.${name}`, args, options),
  ]);
  return Object.fromEntries(entries) as Operations<Room>;
}

function refuse(action: string): Promise<never> {
  return Promise.reject(new NotRemoteError(action));
}
