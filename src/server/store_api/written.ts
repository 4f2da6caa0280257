/** Writes that were done, also by a server that was restarted since: none is done twice. */
import { ResponseLostError } from "../../base/server_errors.ts";
import { RequestDoneError, type RequestLog, withRequest } from "../../metadata/write_request.ts";
import { encode } from "../../remote/protocol/codec.ts";
import { REPEATABLE } from "../../remote/protocol/operations.ts";
import { Memo } from "./memo.ts";

/** Milliseconds for which the database remembers a write. */
const TIME = 30 * 24 * 60 * 60_000;

/** Writes after which the oldest are forgotten. */
const MANY = 10_000;

/** A result without a value needs no storing. */
const NOTHING = encode(undefined);

/** One write. */
export interface Write {
  /** Its id, with the name of the caller. */
  readonly id: string;
  /** The operation. */
  readonly operation: string;
  /** Whether it may have arrived at a server before. */
  readonly isRepeated: boolean;
  /** Does it; resolves to the answer. */
  readonly work: () => Promise<string>;
}

/** Does each write once. */
export class Written {
  readonly #memo = new Memo();
  readonly #requests: () => Promise<RequestLog>;
  #count = 0;

  /** Stores ids in the database; `requests` gives its log while it is open. */
  constructor(requests: () => Promise<RequestLog>) {
    this.#requests = requests;
  }

  /**
   * Does a write, unless it was done: its answer is given then.
   *
   * @throws {ResponseLostError} If it was done, but its answer is not known any more.
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

/** Operations that answer nothing. */
const VOID: ReadonlySet<string> = new Set([
  "artifacts.remove",
  "runs.describeExperiment",
  "runs.setTags",
]);
