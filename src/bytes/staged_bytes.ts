/**
 * Bytes that are stored, but not yet published. Either `release` or `discard` ends that; only the
 * first call has an effect.
 */
export interface StagedBytes {
  /** Name of the staged bytes, by which a later process can find them. */
  readonly key: string;
  /** Size in bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
  /** Releases the staging resources after the bytes were stored; never rejects. */
  release(): Promise<void>;
  /** Removes the staged bytes completely; never rejects. */
  discard(): Promise<void>;
}
