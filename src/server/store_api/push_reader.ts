import type { ByteReader } from "../../bytes/byte_store.ts";

/** Source of bytes that are pushed in chunks. At most one chunk is held in memory. */
export class PushReader implements ByteReader {
  readonly size: number | undefined;
  readonly mode: number | undefined;
  #piece: Uint8Array = new Uint8Array();
  #offset = 0;
  #isEnded = false;
  #isClosed = false;
  #failure: unknown;
  #hash: string | undefined;
  #wake: () => void = () => {};

  /** Creates a source of `size` bytes, if known, of a file with permission bits `mode`. */
  constructor(size: number | undefined, mode: number | undefined) {
    this.size = size;
    this.mode = mode;
  }

  /** Number of bytes read. */
  get offset(): number {
    return this.#offset;
  }

  async read(into: Uint8Array): Promise<number> {
    await this.#until(() => this.#piece.length > 0 || this.#isEnded || this.#failure !== undefined);
    if (this.#failure !== undefined) throw this.#failure;
    const part = this.#piece.subarray(0, into.length);
    into.set(part);
    this.#piece = this.#piece.subarray(part.length);
    this.#offset += part.length;
    this.#wake();
    return part.length;
  }

  /** Adds a chunk. Resolves once it is read. */
  async add(piece: Uint8Array): Promise<void> {
    this.#piece = piece;
    this.#wake();
    await this.#until(() => this.#piece.length === 0 || this.#isClosed);
    if (this.#piece.length > 0) {
      throw this.#failure ?? new Error("The bytes are not wanted any more");
    }
  }

  /** Expected SHA-256, if the sender has reported it at the end. */
  get hash(): string | undefined {
    return this.#hash;
  }

  /** Marks the end of the bytes, with their expected SHA-256. */
  end(hash?: string): void {
    this.#hash = hash;
    this.#isEnded = true;
    this.#wake();
  }

  /** Fails the source. */
  fail(failure: unknown): void {
    this.#failure ??= failure;
    this.#isClosed = true;
    this.#wake();
  }

  close(failure?: unknown): Promise<void> {
    this.#failure ??= failure;
    this.#isClosed = true;
    this.#wake();
    return Promise.resolve();
  }

  /** Waits until a condition holds. Every change wakes all waiting calls. */
  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        const before = this.#wake;
        this.#wake = () => {
          this.#wake = () => {};
          before();
          resolve();
        };
      });
    }
  }
}
