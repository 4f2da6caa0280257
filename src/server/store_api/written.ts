/** Performed writes, also those before a restart of the server: none is performed twice. */
import { ResponseLostError } from "../../base/server_errors.ts";
import { RequestDoneError, type RequestLog, withRequest } from "../../metadata/write_request.ts";
import { encode } from "../../remote/protocol/codec.ts";
import { REPEATABLE } from "../../remote/protocol/operations.ts";
import { Memo } from "./memo.ts";

/** Time for which the database remembers a write, in milliseconds. */
const TIME = 30 * 24 * 60 * 60_000;

/** Number of writes between removals of old entries. */
const MANY = 10_000;

/** A result without a value needs no storing. */
const NOTHING = encode(undefined);

/** One write. */
export interface Write {
  /** Its id, with the name of the caller. */
  readonly id: string;
  /** The operation. */
  readonly operation: string;
  /** Whether it may have been received before. */
  readonly isRepeated: boolean;
  /** Performs the write. Resolves to the response. */
  readonly work: () => Promise<string>;
}

/** Performs each write once. */
export class Written {
  readonly #memo = new Memo();
  readonly #requests: () => Promise<RequestLog>;
  #count = 0;

  /** Creates an instance; `requests` returns the log of write ids while the store is open. */
  constructor(requests: () => Promise<RequestLog>) {
    this.#requests = requests;
  }

  /**
   * Performs a write, or returns the response of an earlier one with its id.
   *
   * @throws {ResponseLostError} If it was performed but its response is no longer known.
   */
  once(write: Write): Promise<string> {
    const { id, operation, work } = write;
    return this.#memo.once(id, () => REPEATABLE.includes(operation) ? work() : this.#once(write));
  }

  async #once({ id, operation, isRepeated, work }: Write): Promise<string> {
    const requests = await this.#requests();
    if (isRepeated) {
      const known = await requests.find(id);
      if (known !== undefined) return answerOf(known, operation);
    }
    let answer: string;
    try {
      answer = await withRequest(id, work);
    } catch (error) {
      if (!(error instanceof RequestDoneError)) throw error;
      return answerOf(await requests.find(id) ?? null, operation);
    }
    if (answer !== NOTHING) await requests.finish(id, answer);
    if (this.#count++ % MANY === 0) await requests.forget(Date.now() - TIME);
    return answer;
  }
}

function answerOf(known: string | null, operation: string): string {
  if (known !== null) return known;
  if (VOID.has(operation)) return NOTHING;
  throw new ResponseLostError(operation);
}

/** Operations without a result. */
const VOID: ReadonlySet<string> = new Set([
  "artifacts.remove",
  "runs.describeExperiment",
  "runs.setTags",
]);
