/** Metadata of a store on a server. */
import { NotRemoteError } from "../base/server_errors.ts";
import type { ChangeLog } from "../metadata/change_log.ts";
import type { MetadataCheck, MetadataStore } from "../metadata/metadata_store.ts";
import type { MlflowStore } from "../metadata/mlflow_store.ts";
import type { ModelStore } from "../metadata/model_store.ts";
import type { ProcessStore } from "../metadata/process_store.ts";
import type { RunStore } from "../metadata/run_store.ts";
import type { RunTable } from "../metadata/run_table.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import type { Connection } from "./connection.ts";
import { OPERATIONS, type Operations, type Rooms } from "./protocol/operations.ts";
import { RemoteArtifactIndex } from "./remote_artifact_index.ts";

/** Metadata that a server keeps. Each operation is one call. */
export class RemoteMetadata implements MetadataStore {
  readonly runs: RunStore;
  readonly artifacts: RemoteArtifactIndex;
  readonly models: ModelStore;
  readonly processes: ProcessStore;
  readonly #store: Operations<"store">;

  /** Calls the server of a connection. */
  constructor(connection: Connection) {
    this.runs = {
      ...operations(connection, "runs"),
      adopt: () => refuse("import single runs into"),
    };
    this.artifacts = new RemoteArtifactIndex(connection, operations(connection, "artifacts"));
    this.models = operations(connection, "models");
    this.processes = operations(connection, "processes");
    this.#store = operations(connection, "store");
  }

  identity(): Promise<string | undefined> {
    return this.#store.identity();
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

  changes(): Promise<ChangeLog> {
    return refuse("watch");
  }

  tryWriting(): Promise<void> {
    return Promise.resolve();
  }

  snapshot(): Promise<Snapshot> {
    return refuse("copy");
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The operations of a room, each as a call to the server. */
export function operations<Room extends keyof Rooms>(
  connection: Connection,
  room: Room,
): Operations<Room> {
  const entries = Object.entries(OPERATIONS[room]).map(([name, access]) => [
    name,
    (...args: readonly unknown[]) => connection.call(access, `${room}.${name}`, args),
  ]);
  return Object.fromEntries(entries) as Operations<Room>;
}

function refuse(action: string): Promise<never> {
  return Promise.reject(new NotRemoteError(action));
}
