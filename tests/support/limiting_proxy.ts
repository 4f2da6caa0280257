/** A connection between client and server that is cut after so many bytes. */

/** Passes TCP connections on, and cuts them as asked. */
export class LimitingProxy implements AsyncDisposable {
  /** Number of connections that were cut. */
  cuts = 0;
  /** Bytes to the server after which a connection is cut. */
  upLimit: () => number = () => Infinity;
  /** Bytes to the client after which a connection is cut. */
  downLimit: () => number = () => Infinity;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #done: Promise<void>;
  readonly #passing = new Set<Promise<void>>();

  /** Passes to a port of this machine. */
  constructor(port: number) {
    this.#done = this.#accept(port);
  }

  /** Its address. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Cuts all connections. */
  cut(): void {
    for (const each of this.#open) each.close();
    this.#open.clear();
  }

  async #accept(port: number): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
      if (!server) {
        client.close();
        continue;
      }
      const pair = [client, server];
      for (const each of pair) this.#open.add(each);
      for (
        const passing of [
          this.#pass(client, server, () => this.upLimit(), pair),
          this.#pass(server, client, () => this.downLimit(), pair),
        ]
      ) {
        this.#passing.add(passing);
        void passing.finally(() => this.#passing.delete(passing));
      }
    }
  }

  async #pass(
    from: Deno.Conn,
    to: Deno.Conn,
    limit: () => number,
    pair: Deno.Conn[],
  ): Promise<void> {
    const buffer = new Uint8Array(16 * 1024);
    let passed = 0;
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        const most = Math.max(0, limit() - passed);
        let part = buffer.subarray(0, Math.min(count, most));
        passed += part.length;
        while (part.length > 0) part = part.subarray(await to.write(part));
        if (count < most) continue;
        this.cuts++;
        break;
      }
    } catch {
      // The other direction has ended.
    }
    for (const each of pair) {
      if (!this.#open.delete(each)) continue;
      each.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const each of this.#open) each.close();
    this.#open.clear();
    await this.#done.catch(() => {});
    await Promise.all(this.#passing);
  }
}
