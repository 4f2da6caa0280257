/** Reading of artifacts from a server. */
import { ArtifactReader, type OpenArtifact } from "../artifacts/artifact_reader.ts";
import { StorageError } from "../base/errors.ts";
import { ServerUnreachableError } from "../base/server_errors.ts";
import type { ByteRange, ByteStore, OpenBytes } from "../bytes/byte_store.ts";
import type { ArtifactIndex, ArtifactRecord } from "../metadata/artifact_index.ts";
import type { Connection } from "./connection.ts";
import { decode } from "./protocol/codec.ts";
import { RECORD_HEADER } from "./protocol/version.ts";

/** Maximum number of consecutive interruptions without data before a read fails. */
const MAX_CUTS = 10;

/** Reads artifacts with one request each, which returns record and bytes. */
export class RemoteReader extends ArtifactReader {
  readonly #connection: Connection;

  /** Creates a reader of the server of `connection`. */
  constructor(connection: Connection, index: ArtifactIndex, bytes: ByteStore) {
    super(index, bytes, undefined);
    this.#connection = connection;
  }

  override async open(id: string, range: ByteRange = {}): Promise<OpenArtifact> {
    const opened = await request(this.#connection, id, range.start ?? 0, range.end);
    const { record } = opened;
    return { record, bytes: new RemoteOpenBytes(this.#connection, opened, range) };
  }
}

type Body = ReadableStreamDefaultReader<Uint8Array> | undefined;

/** An artifact opened on the server. */
interface Opened {
  readonly record: ArtifactRecord;
  readonly mode: number | undefined;
  readonly body: Body;
}

async function request(
  connection: Connection,
  id: string,
  start: number,
  end: number | undefined,
): Promise<Opened> {
  const query = new URLSearchParams({ id, start: String(start) });
  if (end !== undefined) query.set("end", String(end));
  const take = (response: Response) => Promise.resolve(response);
  const response = await connection.send(`read/bytes?${query}`, { method: "GET" }, {}, take);
  const header = response.headers.get(RECORD_HEADER) ?? "";
  const text = new TextDecoder().decode(Uint8Array.fromBase64(header));
  const { record, mode } = decode(text) as Pick<Opened, "record" | "mode">;
  return { record, mode, body: response.body?.getReader() };
}

/** Bytes of an artifact on a server. After an interruption, the rest is requested. */
class RemoteOpenBytes implements OpenBytes {
  readonly size: number;
  readonly identity: string;
  readonly mode: number | undefined;
  readonly #connection: Connection;
  readonly #record: ArtifactRecord;
  readonly #end: number;
  #position: number;
  #body: Body;
  #rest: Uint8Array = new Uint8Array();
  #isClosed = false;

  constructor(connection: Connection, { record, mode, body }: Opened, range: ByteRange) {
    this.mode = mode;
    this.size = record.size;
    this.identity = `${record.path} ${record.hash}`;
    this.#connection = connection;
    this.#record = record;
    this.#end = Math.min(range.end ?? record.size, record.size);
    this.#position = Math.min(range.start ?? 0, record.size);
    this.#body = body;
  }

  async read(into: Uint8Array): Promise<number> {
    if (into.length === 0 || this.#position >= this.#end) return 0;
    if (this.#rest.length === 0) this.#rest = await this.#next();
    const part = this.#rest.subarray(0, Math.min(into.length, this.#end - this.#position));
    into.set(part);
    this.#rest = this.#rest.subarray(part.length);
    this.#position += part.length;
    return part.length;
  }

  seek(position: number): Promise<void> {
    this.#drop();
    this.#position = position;
    return Promise.resolve();
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  #drop(): void {
    void this.#body?.cancel().catch(() => {});
    this.#body = undefined;
    this.#rest = new Uint8Array();
  }

  /** Returns the next bytes; reconnects after an interruption. */
  async #next(): Promise<Uint8Array> {
    for (let cuts = 0;; cuts++) {
      if (this.#isClosed) throw new StorageError(this.#action, "it was closed");
      this.#body ??= await this.#reopen();
      try {
        const { value } = await this.#body!.read();
        if (value && value.length > 0) return value;
        if (!value) this.#body = undefined;
      } catch (cause) {
        this.#body = undefined;
        if (cuts < MAX_CUTS) continue;
        const { address } = this.#connection;
        throw new ServerUnreachableError(address, "the connection was cut; try again", { cause });
      }
      if (cuts >= MAX_CUTS) {
        throw new StorageError(this.#action, `the server gave ${this.#position} bytes of it`);
      }
    }
  }

  async #reopen(): Promise<Body> {
    const { id, hash } = this.#record;
    const { record, body } = await request(this.#connection, id, this.#position, this.#end);
    if (record.hash === hash) return body;
    await body?.cancel().catch(() => {});
    throw new StorageError(this.#action, "it was replaced meanwhile; read it again");
  }

  get #action(): string {
    return `read ${JSON.stringify(this.#record.name)}`;
  }
}
