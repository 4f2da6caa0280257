/** The output of a program on its way through: passed on, kept, and read for lines. */

/** Bytes that a program may go on printing once nobody reads them any more. */
const UNREAD_LIMIT = 16 * 1024 * 1024;

/** What is done with output. */
export interface OutputUse {
  /** Passes a chunk on. */
  readonly pass: (chunk: Uint8Array) => Promise<void>;
  /** Keeps a chunk; never throws. */
  readonly keep: (chunk: Uint8Array) => Promise<void>;
  /** Looks at a chunk; never throws. */
  readonly look?: ((chunk: Uint8Array) => Promise<void>) | undefined;
}

/** Output of a program, which is read until it ends or is given up. */
export class PassedOutput {
  /** When something was read last, as `performance.now()` has it. */
  lastRead: number = performance.now();
  /** Whether the output has ended. */
  hasEnded = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #use: OutputUse;

  /** Reads `output`. */
  constructor(output: ReadableStream<Uint8Array>, use: OutputUse) {
    this.#reader = output.getReader();
    this.#use = use;
  }

  /** Reads to the end; resolves to what went wrong with passing it on. */
  async read(): Promise<Error | undefined> {
    const { pass, keep, look } = this.#use;
    let problem: Error | undefined;
    let unread: number | undefined;
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.lastRead = performance.now();
      try {
        if (unread === undefined) await pass(value);
        else unread += value.length;
      } catch (error) {
        unread = 0;
        // That nobody reads it any more is no problem of the program's.
        if (!(error instanceof Deno.errors.BrokenPipe)) problem = error as Error;
      }
      await look?.(value);
      await keep(value);
      // What prints without end ends as it would without us: its pipe is closed.
      if (unread !== undefined && unread > UNREAD_LIMIT) await this.giveUp();
    }
    this.hasEnded = true;
    return problem;
  }

  /** Reads no further: whoever still writes finds the pipe closed. */
  async giveUp(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
