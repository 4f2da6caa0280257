/** The Model Context Protocol over lines of JSON, for a program started by another one. */
import type { Transport } from "npm:@modelcontextprotocol/sdk@~1.32.2/shared/transport.js";
import type { JSONRPCMessage } from "npm:@modelcontextprotocol/sdk@~1.32.2/types.js";

/** Maximum number of characters per line. Longer lines are not messages. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

/** Reads messages from a stream and writes messages to another, one per line. */
export class LineTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #input: ReadableStream<Uint8Array>;
  readonly #write: (line: string) => Promise<void>;
  #writing: Promise<void> = Promise.resolve();
  readonly #ended = Promise.withResolvers<void>();
  #hasEnded = false;
  /** Ids of the requests without an answer. */
  readonly #open = new Set<unknown>();

  /** Creates a transport from an input stream and a function that writes a line. */
  constructor(input: ReadableStream<Uint8Array>, write: (line: string) => Promise<void>) {
    this.#input = input;
    this.#write = write;
  }

  /** Resolves once the input has ended, and every request in it is answered. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  start(): Promise<void> {
    void this.#read();
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    // Lines are written one after another.
    this.#writing = this.#writing.then(() => this.#write(`${JSON.stringify(message)}\n`));
    if ("id" in message && !("method" in message)) this.#answered(message.id);
    return this.#writing;
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    this.onclose?.();
  }

  async #read(): Promise<void> {
    let text = "";
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.#input) {
        text += decoder.decode(chunk, { stream: true });
        const lines = text.split("\n");
        text = lines.pop()!;
        for (const line of lines) if (line.trim() !== "") this.#take(line);
        if (text.length > MOST_CHARACTERS) throw new Error("A message is too long");
      }
      if (text.trim() !== "") this.#take(text);
    } catch (error) {
      this.onerror?.(error as Error);
    }
    this.#hasEnded = true;
    this.#endIfAnswered();
  }

  /** Notes that a request has its answer. */
  #answered(id: unknown): void {
    this.#open.delete(id);
    this.#endIfAnswered();
  }

  #endIfAnswered(): void {
    if (this.#hasEnded && this.#open.size === 0) this.#ended.resolve();
  }

  #take(line: string): void {
    try {
      const message = JSON.parse(line) as JSONRPCMessage;
      if ("method" in message && "id" in message) this.#open.add(message.id);
      // A request that is cancelled gets no answer.
      if ("method" in message && message.method === "notifications/cancelled") {
        this.#answered(message.params?.requestId);
      }
      this.onmessage?.(message);
    } catch {
      const error = { code: -32700, message: "The line is not JSON" };
      // JSON-RPC uses the id null for unreadable messages.
      void this.#write(`${JSON.stringify({ jsonrpc: "2.0", id: null, error })}\n`).catch(() => {});
    }
  }
}
