import type { ByteReader } from "../../bytes/byte_store.ts";

/** Bytes that arrive piece by piece, and are read as one source. Nothing is held but one piece. */
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

  /** Expects `size` bytes, where that is known, of a file with the permission bits `mode`. */
  constructor(size: number | undefined, mode: number | undefined) {
    this.size = size;
    this.mode = mode;
  }

  /** Bytes that were read. */
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

  /** Adds a piece; resolves once it is read. */
  async add(piece: Uint8Array): Promise<void> {
    this.#piece = piece;
    this.#wake();
    await this.#until(() => this.#piece.length === 0 || this.#isClosed);
    if (this.#piece.length > 0) {
      throw this.#failure ?? new Error("The bytes are not wanted any more");
    }
  }

  /** SHA-256 that the bytes must have, if the sender said so at their end. */
  get hash(): string | undefined {
    return this.#hash;
  }

  /** Says that all bytes are there, and which SHA-256 they must have. */
  end(hash?: string): void {
    this.#hash = hash;
    this.#isEnded = true;
    this.#wake();
  }

  /** Ends the reading with a failure. */
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

  /** Waits until a condition holds; each change wakes all who wait. */
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
