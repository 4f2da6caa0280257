import type { ArtifactStore } from "../artifacts/artifact_store.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import type { MetadataStore } from "../metadata/metadata_store.ts";
import type { SqlDriver } from "../metadata/sqlite/sql_driver.ts";
import type { RemoteCare } from "../remote/remote_care.ts";
import type { StoreLocation } from "./location.ts";

/** Parts and settings of an open store. */
export interface StoreContext {
  /** Location for people: paths, or URLs without passwords. */
  readonly location: StoreLocation;
  /** Absolute path of the database file; `undefined` for memory and for a server. */
  readonly path: string | undefined;
  /** Absolute path of the artifact directory; `undefined` where artifacts are not files. */
  readonly artifactDir: string | undefined;
  /** SQLite driver in use; `undefined` for a server. */
  readonly driver: SqlDriver | undefined;
  /** The server that has the whole store; `undefined` where its parts are opened here. */
  readonly remote: RemoteCare | undefined;
  /** Whether writes are rejected. */
  readonly readOnly: boolean;
  /** How long to wait for other writers, in milliseconds. */
  readonly busyTimeout: number;
  /** Clock, in epoch milliseconds. */
  readonly now: () => number;
  /** Runs, artifact records and models. */
  readonly metadata: MetadataStore;
  /** Bytes of artifacts. */
  readonly bytes: ByteStore;
  /** Artifact records combined with their bytes. */
  readonly artifacts: ArtifactStore;
  /** Closes everything that was opened. */
  readonly close: () => Promise<void>;
}
