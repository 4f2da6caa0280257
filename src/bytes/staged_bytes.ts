/**
 * Bytes that are stored, but not yet under their name. Of the two calls that end this, only the first
 * that is made has an effect.
 */
export interface StagedBytes {
  /** Name of the staged bytes, by which a later process can find them again. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
  /** Lets go of what was staged, once its bytes are stored for good; never rejects. */
  release(): Promise<void>;
  /** Gives up what was staged and leaves no trace of it; never rejects. */
  discard(): Promise<void>;
}
