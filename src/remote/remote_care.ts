/** Work on a whole store that its server does. */
import { openSource } from "../artifacts/put_source.ts";
import type { Progress } from "../bytes/byte_store.ts";
import type { Connection } from "./connection.ts";
import { type EventQuery, type ServerEvent, serverEvents } from "./event_source.ts";
import { uploadArchive } from "./upload.ts";

/** How to send an archive. */
export interface ArchiveOptions {
  /** Whether its runs get new ids. */
  readonly newIds: boolean;
  /** Whether it lacks files of artifacts that the store there has. */
  readonly isPartial: boolean;
  /** Stops the work. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of bytes sent. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Calls that concern a whole store. What their values are, the rooms above know. */
export class RemoteCare {
  readonly #connection: Connection;

  /** Creates an accessor of the server of `connection`. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Address of the server, without credentials. */
  get address(): string {
    return this.#connection.address;
  }

  /** Verifies the store there; yields what the server reports as it goes on. */
  verify(options: object, signal: AbortSignal | undefined): AsyncGenerator<unknown> {
    return this.#connection.lines("verify", [options], signal);
  }

  /** Sends an archive, which the server imports; resolves to its report. */
  async import(archive: ReadableStream<Uint8Array>, options: ArchiveOptions): Promise<unknown> {
    const { reader } = await openSource("the archive", archive, options.signal);
    return await uploadArchive(this.#connection, reader, options);
  }

  /** Yields the changes of the store. */
  events(query: EventQuery): AsyncGenerator<ServerEvent> {
    return serverEvents(this.#connection, query);
  }
}
