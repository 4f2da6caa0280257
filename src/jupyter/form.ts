/** One captured format of a value: the content of a file. */
export interface Form {
  /** File extension, with the dot. */
  readonly extension: string;
  /** Content, or the error that prevented it. */
  readonly source: string | Uint8Array | Error;
}
