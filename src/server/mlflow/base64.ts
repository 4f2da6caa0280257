/** URL-safe Base64 of text. */

/** Encodes text. */
export function encodeBase64Url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Decodes text; also accepts the standard alphabet and padding. */
export function decodeBase64Url(text: string): string {
  const bytes = Uint8Array.fromBase64(text.replaceAll("+", "-").replaceAll("/", "_"), {
    alphabet: "base64url",
  });
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
