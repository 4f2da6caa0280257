/** Bytes of a store on a server. */
import { NotRemoteError } from "../base/server_errors.ts";
import type {
  ByteEntry,
  ByteReader,
  ByteStore,
  ByteStoreCheck,
  Hasher,
  OpenBytes,
  StageOptions,
} from "../bytes/byte_store.ts";
import type { Connection } from "./connection.ts";
import { RemoteLogs } from "./remote_logs.ts";
import { type RemoteStaged, upload } from "./upload.ts";

/**
 * Bytes stored by a server. This class stages and reads them; the server publishes, replaces and
 * removes them together with their records.
 */
export class RemoteBytes implements ByteStore {
  readonly canShare = false;
  readonly growing: RemoteLogs;
  readonly #connection: Connection;

  /**
   * Creates an accessor of the server of `connection`. `directory` keeps logs until they are sent.
   */
  constructor(connection: Connection, directory: string | undefined) {
    this.#connection = connection;
    this.growing = new RemoteLogs(connection, directory);
  }

  stage(source: ByteReader, options: StageOptions): Promise<RemoteStaged> {
    return upload(this.#connection, source, options);
  }

  copyFrom(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  publish(): Promise<void> {
    return refuse("name bytes of");
  }

  replace(): Promise<string> {
    return refuse("replace bytes of");
  }

  async recoverReplacements(): Promise<void> {}

  open(): Promise<OpenBytes> {
    return refuse("open bytes of");
  }

  stat(): Promise<ByteEntry | undefined> {
    return refuse("look at the files of");
  }

  // deno-lint-ignore require-yield
  async *list(): AsyncGenerator<ByteEntry> {
    throw new NotRemoteError("list the files of");
  }

  refresh(): Promise<ByteEntry | undefined> {
    return refuse("look at the files of");
  }

  removeAll(): Promise<Error[]> {
    return refuse("remove files of");
  }

  removeEntry(): Promise<boolean> {
    return refuse("remove files of");
  }

  isPublished(): Promise<boolean> {
    return refuse("look at the files of");
  }

  check(): Promise<ByteStoreCheck> {
    return Promise.resolve({ failure: undefined, warnings: [] });
  }

  hasher(): Hasher {
    throw new NotRemoteError("hash the files of");
  }

  lease(): Promise<(() => Promise<void>) | undefined> {
    return refuse("lock files of");
  }

  url(key: string): string {
    return new URL(key.split("/").map(encodeURIComponent).join("/"), this.#connection.address).href;
  }
}

function refuse(action: string): Promise<never> {
  return Promise.reject(new NotRemoteError(action));
}
