import { assertText } from "../base/assert.ts";
import { InvalidOptionError, quote } from "../base/errors.ts";
import type { Progress } from "../bytes/byte_store.ts";
import type { VerifyPosition } from "./verify_position.ts";

/** How to verify a store. */
export interface VerifyOptions {
  /** Only the artifacts of this run; nothing else is looked at then. */
  readonly runId?: string;
  /**
   * Whether to leave out hashing and the database's pages, and only check what is there and its size.
   *
   * @default {false}
   */
  readonly quick?: boolean;
  /**
   * The part of the artifacts to hash, chosen at random: more than 0, at most 1. The size of all the
   * others is checked.
   *
   * @default {1}
   */
  readonly sample?: number;
  /**
   * Where an earlier verification stopped: its {@linkcode Verification.position}. Artifacts before it
   * are left out.
   */
  readonly after?: VerifyPosition;
  /** Stops the work. */
  readonly signal?: AbortSignal;
  /** Called with the bytes checked so far. */
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Throws unless the options can be used.
 *
 * @throws {InvalidOptionError} If one cannot.
 */
export function assertVerifyOptions({ runId, sample, after }: VerifyOptions): void {
  assertText("verify", "runId", runId);
  assertText("verify", "after.runId", after?.runId);
  assertText("verify", "after.name", after?.name);
  if (sample === undefined || typeof sample === "number" && sample > 0 && sample <= 1) return;
  throw new InvalidOptionError(
    `Cannot verify: sample must be more than 0 and at most 1, not ${quote(sample)}`,
  );
}
