/** Images from bytes and canvases. */

/**
 * Returns the extension of an image format, detected by its first bytes; `undefined` if there is
 * none.
 */
export function pictureExtension(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 12));
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return ".png";
  if (head.startsWith("\xff\xd8\xff")) return ".jpg";
  if (/^GIF8[79]a/.test(head)) return ".gif";
  if (/^RIFF[^]{4}WEBP/.test(head)) return ".webp";
  return undefined;
}

/** Export methods of canvases; each library has some of them. */
interface Canvas {
  getContext?: unknown;
  encode?: (format: string) => unknown;
  toBuffer?: (type: string) => unknown;
  convertToBlob?: (options: { type: string }) => unknown;
  toDataURL?: (type: string) => unknown;
}

/** Returns the image of a canvas as PNG; `undefined` for other values. */
export async function pictureOf(value: object): Promise<Uint8Array | undefined> {
  const canvas = value as Canvas;
  const isCanvas = [canvas.getContext, canvas.toDataURL, canvas.convertToBlob, canvas.toBuffer]
    .some((method) => typeof method === "function");
  if (!isCanvas) return undefined;
  const ways = [
    () => canvas.encode?.("png"),
    () => canvas.toBuffer?.("image/png"),
    () => canvas.convertToBlob?.({ type: "image/png" }),
    () => canvas.toDataURL?.("image/png"),
  ];
  for (const way of ways) {
    const bytes = await bytesBy(way);
    if (bytes && pictureExtension(bytes) !== undefined) return bytes;
  }
  return undefined;
}

async function bytesBy(way: () => unknown): Promise<Uint8Array | undefined> {
  let result: unknown;
  try {
    result = await way();
  } catch {
    return undefined; // Libraries differ: try the next method.
  }
  if (result instanceof Blob) return await result.bytes();
  if (result instanceof Uint8Array) return result;
  const encoded = typeof result === "string" && /^data:image\/\w+;base64,(.*)$/.exec(result)?.[1];
  return encoded ? Uint8Array.fromBase64(encoded) : undefined;
}
