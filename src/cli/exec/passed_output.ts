/** Output of a program: passed through, stored, and scanned for lines. */

/** Maximum number of bytes that a program may print after its output is no longer read. */
const UNREAD_LIMIT = 16 * 1024 * 1024;

/** Consumers of output. */
export interface OutputUse {
  /** Passes a chunk through. */
  readonly pass: (chunk: Uint8Array) => Promise<void>;
  /** Stores a chunk; never throws. */
  readonly keep: (chunk: Uint8Array) => Promise<void>;
  /** Scans a chunk; never throws. */
  readonly look?: ((chunk: Uint8Array) => Promise<void>) | undefined;
}

/** Output of a program, read until it ends or is abandoned. */
export class PassedOutput {
  /** Time of the last read, from `performance.now()`. */
  lastRead: number = performance.now();
  /** Whether the output has ended. */
  hasEnded = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #use: OutputUse;

  /** Creates a reader of `output`. */
  constructor(output: ReadableStream<Uint8Array>, use: OutputUse) {
    this.#reader = output.getReader();
    this.#use = use;
  }

  /** Reads to the end; resolves to the error of passing output through, if there was one. */
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
        // A closed reader is not an error of the program.
        if (!(error instanceof Deno.errors.BrokenPipe)) problem = error as Error;
      }
      await look?.(value);
      await keep(value);
      // An endless program ends as it would without `exec`: its pipe is closed.
      if (unread !== undefined && unread > UNREAD_LIMIT) await this.cancel();
    }
    this.hasEnded = true;
    return problem;
  }

  /** Stops reading; further writes by the program fail with a closed pipe. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
