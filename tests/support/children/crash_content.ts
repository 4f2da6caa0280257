/** What the crash tests store. */
export const CONTENT = {
  small: "the new bytes",
  old: "the bytes from before",
  large: new Uint8Array(3 * 1024 * 1024).map((_, at) => at % 251),
};
