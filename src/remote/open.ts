/** Opens a store on a server. */
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

/** How to open a store on a server. */
export interface RemoteOptions {
  /** Token; the environment variable CHACHAML_TOKEN if left out. */
  readonly token?: string | undefined;
  /** Directory for what is logged while the server is away; below the user's cache if left out. */
  readonly spoolDir?: string | URL | undefined;
  /** Whether what is kept there survives a power cut. */
  readonly isSynced: boolean;
  /** Whether nothing will be written. */
  readonly readOnly: boolean;
  /** How long calls wait for the server, in milliseconds. */
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
  /** Work on the whole store. */
  readonly care: RemoteCare;
  /** Whether the server refuses writes. */
  readonly readOnly: boolean;
  /** Clock of the server, in epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Opens a store on a server.
 *
 * @throws {ServerUnreachableError} If nothing answers.
 * @throws {AccessDeniedError} If the server does not know the caller.
 * @throws {ProtocolError} If what answers is no chachaml server, or speaks another protocol.
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
  const bytes = new RemoteBytes(connection);
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
