/** Requests of other processes that write, so that one whose answer was lost is not done again. */
import type { AsyncLocalStorage } from "node:async_hooks";
import { builtin } from "../base/builtin.ts";

/** Results of requests that wrote, by id. */
export interface RequestLog {
  /**
   * Finds a request that has written.
   *
   * @returns Its result; `null` if it has written, but its result was not stored. `undefined` if it
   * has not written.
   */
  find(id: string): Promise<string | null | undefined>;
  /** Stores the result of a request that has written. */
  finish(id: string, result: string): Promise<void>;
  /** Forgets the requests that wrote before a time, in epoch milliseconds. */
  forget(before: number): Promise<void>;
}

/** The request has written already; another process may have done it at the same time. */
export class RequestDoneError extends Error {}

/** A request that writes: its id is stored in the transaction of its first write. */
interface WriteRequest {
  /** Its id. */
  readonly id: string;
  /** Whether a write has stored the id, or is about to. */
  isNoted: boolean;
}

let requests: AsyncLocalStorage<WriteRequest> | undefined;

/**
 * Calls `work`, whose first write to a database stores the id of the request with what it changes.
 *
 * @throws {RequestDoneError} If a request of this id has written already.
 */
export function withRequest<T>(id: string, work: () => Promise<T>): Promise<T> {
  requests ??= new (builtin("node:async_hooks").AsyncLocalStorage)<WriteRequest>();
  return requests.run({ id, isNoted: false }, work);
}

/**
 * Calls a write, with the id of a request that it has to store.
 *
 * @param write Writes, and stores the id in the same transaction if there is one.
 */
export function writeOnce<T>(write: (requestId?: string) => Promise<T>): Promise<T> {
  const request = requests?.getStore();
  if (!request || request.isNoted) return write();
  request.isNoted = true;
  return write(request.id).catch((error) => {
    request.isNoted = false;
    throw error;
  });
}
