/** One form of a value: the bytes of a file. */
export interface Form {
  /** Extension of its name, with the dot. */
  readonly extension: string;
  /** What to put, or why it could not be made. */
  readonly source: string | Uint8Array | Error;
}
