/** Text as Base64 that needs no escaping in a URL. */

/** Encodes text. */
export function encodeBase64Url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Decodes text; the other alphabet and padding are understood too. */
export function decodeBase64Url(text: string): string {
  const bytes = Uint8Array.fromBase64(text.replaceAll("+", "-").replaceAll("/", "_"), {
    alphabet: "base64url",
  });
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
