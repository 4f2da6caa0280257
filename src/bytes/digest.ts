/** Size and SHA-256 (lower-case hex) of bytes. */
export interface Digest {
  /** Bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
}
