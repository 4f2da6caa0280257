import { assertText } from "../base/assert.ts";
import { InvalidOptionError, quote } from "../base/errors.ts";
import type { Progress } from "../bytes/byte_store.ts";
import type { VerifyPosition } from "./verify_position.ts";

/** Options for {@linkcode Store.verify}. */
export interface VerifyOptions {
  /** Only check the artifacts of this run, and nothing else. */
  readonly runId?: string;
  /**
   * Whether to skip hashing and the check of database pages. Only presence and sizes are checked.
   *
   * @default {false}
   */
  readonly quick?: boolean;
  /**
   * Fraction of artifacts to hash, chosen at random: above 0, at most 1. For the others only sizes
   * are checked.
   *
   * @default {1}
   */
  readonly sample?: number;
  /**
   * Position at which an earlier verification stopped, from {@linkcode Verification.position}.
   * Artifacts up to it are skipped.
   */
  readonly after?: VerifyPosition;
  /** Stops the verification. */
  readonly signal?: AbortSignal;
  /** Called with the number of bytes checked. */
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Checks the options of a verification.
 *
 * @throws {InvalidOptionError} If one is invalid.
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
