/** Stands between a client and a server, and counts what the client says. */

/** A proxy on a loopback port. */
export class CuttingProxy implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #relays = new Set<Promise<void>>();
  #said = 0;
  #cutAt = Infinity;
  #onCut: () => void = () => {};

  /** Stands before a port of this machine. */
  constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    void this.#accept();
  }

  /** The port to connect to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Packets of the client since the last call of `cutAt`. */
  get said(): number {
    return this.#said;
  }

  /**
   * Cuts all connections in place of passing a packet on, the first one being 1; later connections live.
   * `onCut` is called before.
   */
  cutAt(packet: number, onCut: () => void = () => {}): void {
    this.#said = 0;
    this.#cutAt = packet;
    this.#onCut = onCut;
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      const relay = this.#relay(client).catch(() => {});
      this.#relays.add(relay);
      void relay.finally(() => this.#relays.delete(relay));
    }
  }

  async #relay(client: Deno.TcpConn): Promise<void> {
    const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target })
      .catch((error) => {
        client.close();
        throw error;
      });
    const pair = [client, server];
    for (const one of pair) this.#connections.add(one);
    const drop = () => pair.forEach((one) => this.#close(one));
    await Promise.all([
      this.#pass(client, server, true).finally(drop),
      this.#pass(server, client, false).finally(drop),
    ]).catch(() => {});
  }

  async #pass(from: Deno.TcpConn, to: Deno.TcpConn, counted: boolean): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    for (;;) {
      const count = await from.read(buffer);
      if (count === null) return;
      if (counted && ++this.#said === this.#cutAt) {
        this.#onCut();
        for (const connection of [...this.#connections]) this.#close(connection);
        return;
      }
      for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
    }
  }

  #close(connection: Deno.TcpConn): void {
    if (!this.#connections.delete(connection)) return;
    try {
      connection.close();
    } catch {
      // It has been closed by the other side.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of [...this.#connections]) this.#close(connection);
    await Promise.all(this.#relays);
  }
}
