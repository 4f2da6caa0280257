import type { ByteRange, OpenBytes, ReplacementNote } from "../byte_store.ts";

/** Bytes in memory, opened for reading. */
export class MemoryReader<
  H extends { readonly bytes: Uint8Array; readonly identity: string } = never,
> implements OpenBytes {
  readonly held: H;
  readonly note: ReplacementNote | undefined;
  readonly #end: number;
  #at: number;

  /** Creates a reader for a range. */
  constructor(held: H, note: ReplacementNote | undefined, { start = 0, end }: ByteRange = {}) {
    this.held = held;
    this.note = note;
    this.#at = start;
    this.#end = Math.min(end ?? Infinity, held.bytes.length);
  }

  get identity(): string {
    return this.held.identity;
  }

  get size(): number {
    return this.held.bytes.length;
  }

  read(into: Uint8Array): Promise<number> {
    const part = this.held.bytes.subarray(this.#at, Math.min(this.#end, this.#at + into.length));
    into.set(part);
    this.#at += part.length;
    return Promise.resolve(part.length);
  }

  seek(position: number): Promise<void> {
    this.#at = position;
    return Promise.resolve();
  }

  close(): void {}
}
