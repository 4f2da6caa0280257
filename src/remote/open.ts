/** Opening of a store on a server. */
import { variable } from "../base/variable.ts";
import { withoutSecrets } from "../base/url.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import type { MetadataStore } from "../metadata/metadata_store.ts";
import type { ArtifactReader } from "../artifacts/artifact_reader.ts";
import type { ArtifactWriter } from "../artifacts/artifact_writer.ts";
import { Connection } from "./connection.ts";
import { RemoteBytes } from "./remote_bytes.ts";
import { RemoteCare } from "./remote_care.ts";
import { RemoteMetadata } from "./remote_metadata.ts";
import { RemoteReader } from "./remote_reader.ts";
import { spoolDirectory } from "./spool/directory.ts";
import { Spool } from "./spool/spool.ts";
import { RemoteWriter } from "./remote_writer.ts";

/** Options for opening a store on a server. */
export interface RemoteOptions {
  /** Token; by default the environment variable CHACHAML_TOKEN. */
  readonly token?: string | undefined;
  /** Directory of spooled writes; by default below the user's cache. */
  readonly spoolDir?: string | URL | undefined;
  /** Whether spooled writes survive a power cut. */
  readonly isSynced: boolean;
  /** Whether the store is opened for reading only. */
  readonly readOnly: boolean;
  /** Maximum time that calls wait for the server, in milliseconds. */
  readonly busyTimeout: number;
}

/** Parts of a store on a server. */
export interface RemoteParts {
  /** Address of the server, without credentials. */
  readonly address: string;
  /** Runs, artifact records and models. */
  readonly metadata: MetadataStore;
  /** Bytes of artifacts. */
  readonly bytes: ByteStore;
  /** Reads artifacts. */
  readonly reader: ArtifactReader;
  /** Changes artifacts. */
  readonly writer: ArtifactWriter;
  /** Operations on the whole store. */
  readonly care: RemoteCare;
  /** Whether the server rejects writes. */
  readonly readOnly: boolean;
  /** Clock of the server, in epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Opens a store on a server.
 *
 * @throws {ServerUnreachableError} If nothing answers.
 * @throws {AccessDeniedError} If the server rejects the credentials.
 * @throws {ProtocolError} If it is not a chachaml server, or has another protocol version.
 */
export async function openRemote(url: string, options: RemoteOptions): Promise<RemoteParts> {
  const { origin, pathname, username, password } = new URL(url);
  const token = options.token ?? (username === "" ? variable("CHACHAML_TOKEN") : undefined);
  const credentials = token !== undefined
    ? { token }
    : username !== ""
    ? { user: decodeURIComponent(username), password: decodeURIComponent(password) }
    : {};
  const connection = new Connection(`${origin}${pathname}`, credentials, options.busyTimeout);
  const before = Date.now();
  const hello = await connection.hello();
  const directory = options.readOnly
    ? undefined
    : spoolDirectory(options.spoolDir, connection.address);
  const spool = new Spool(connection, { directory, isSynced: options.isSynced });
  if (!hello.readOnly) await spool.sendLeft();
  const metadata = new RemoteMetadata(connection, spool);
  const bytes = new RemoteBytes(connection, directory);
  const skew = hello.now - (before + Date.now()) / 2;
  return {
    address: withoutSecrets(connection.address),
    metadata,
    bytes,
    reader: new RemoteReader(connection, metadata.artifacts, bytes),
    writer: new RemoteWriter(connection),
    care: new RemoteCare(connection),
    readOnly: hello.readOnly,
    now: () => Math.round(Date.now() + skew),
  };
}
