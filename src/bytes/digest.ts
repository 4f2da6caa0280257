/** Size and SHA-256 of bytes. */
export interface Digest {
  /** Size in bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
}
