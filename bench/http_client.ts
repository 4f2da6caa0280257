/** A minimal HTTP/1.1 client, so that the server dominates measurements. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The server ended the connection. */
class EndedError extends Error {
  constructor() {
    super("the server ended the connection");
  }
}

async function connect(port: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay();
  return connection;
}

/** One connection. */
export class HttpClient {
  readonly #port: number;
  #connection: Deno.TcpConn;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();

  private constructor(port: number, connection: Deno.TcpConn) {
    this.#port = port;
    this.#connection = connection;
  }

  /** Connects to a port of this machine. */
  static async connect(port: number): Promise<HttpClient> {
    return new HttpClient(port, await connect(port));
  }

  /** Sends a request; gives the body of the answer, which must be good. */
  async text(method: string, path: string, body?: string): Promise<string> {
    const bytes = encoder.encode(body ?? "");
    const request = encoder.encode(head(method, path, bytes.length) + (body ?? ""));
    try {
      await this.#write(request);
      return decoder.decode(await this.#answer());
    } catch (error) {
      if (
        !(error instanceof EndedError || error instanceof Deno.errors.BrokenPipe ||
          error instanceof Deno.errors.ConnectionReset)
      ) throw error;
      // Some servers end idle connections after seconds.
      this.#connection.close();
      this.#connection = await connect(this.#port);
      await this.#write(request);
      return decoder.decode(await this.#answer());
    }
  }

  /** Uploads `count` times the same bytes. */
  async upload(path: string, chunk: Uint8Array<ArrayBuffer>, count: number): Promise<void> {
    await this.#write(encoder.encode(head("PUT", path, chunk.length * count)));
    for (let at = 0; at < count; at++) await this.#write(chunk);
    await this.#answer();
  }

  /** Downloads a file, and forgets it. */
  async download(path: string): Promise<void> {
    await this.#write(encoder.encode(head("GET", path, 0)));
    await this.#answer(true);
  }

  /** Ends the connection. */
  close(): void {
    this.#connection.close();
  }

  async #write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  async #answer(forget = false): Promise<Uint8Array<ArrayBuffer>> {
    let end: number;
    while ((end = indexOf(this.#rest, "\r\n\r\n")) < 0) await this.#more();
    const lines = decoder.decode(this.#rest.subarray(0, end)).split("\r\n");
    this.#rest = this.#rest.subarray(end + 4);
    const status = Number(lines[0]!.split(" ")[1]);
    const value = (name: string) =>
      lines.find((line) => line.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1)
        .trim();
    const body = value("transfer-encoding") === "chunked"
      ? await this.#chunks()
      : await this.#bytes(Number(value("content-length") ?? 0), forget);
    if (status < 300) return body;
    throw new Error(`${lines[0]}: ${decoder.decode(body).slice(0, 200)}`);
  }

  async #bytes(length: number, forget: boolean): Promise<Uint8Array<ArrayBuffer>> {
    for (let left = length; forget; await this.#more()) {
      const taken = Math.min(left, this.#rest.length);
      this.#rest = this.#rest.subarray(taken);
      if ((left -= taken) === 0) return new Uint8Array();
    }
    const parts = [this.#rest];
    for (let have = this.#rest.length; have < length;) {
      const part = new Uint8Array(65_536);
      const read = await this.#connection.read(part);
      if (read === null) throw new EndedError();
      parts.push(part.subarray(0, read));
      have += read;
    }
    const all = concat(parts);
    this.#rest = all.subarray(length);
    return all.subarray(0, length);
  }

  async #chunks(): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      let end: number;
      while ((end = indexOf(this.#rest, "\r\n")) < 0) await this.#more();
      const length = parseInt(decoder.decode(this.#rest.subarray(0, end)), 16);
      this.#rest = this.#rest.subarray(end + 2);
      const chunk = await this.#bytes(length + 2, false);
      if (length === 0) return concat(parts);
      parts.push(chunk.subarray(0, length));
    }
  }

  async #more(): Promise<void> {
    const part = new Uint8Array(262_144);
    const read = await this.#connection.read(part);
    if (read === null) throw new EndedError();
    this.#rest = this.#rest.length === 0
      ? part.subarray(0, read)
      : concat([this.#rest, part.subarray(0, read)]);
  }
}

function head(method: string, path: string, length: number): string {
  return `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${length}\r\n\r\n`;
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function indexOf(bytes: Uint8Array, text: string): number {
  const wanted = encoder.encode(text);
  for (let at = 0; at + wanted.length <= bytes.length; at++) {
    if (wanted.every((byte, nth) => bytes[at + nth] === byte)) return at;
  }
  return -1;
}
