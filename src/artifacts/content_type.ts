import { InvalidOptionError } from "../base/errors.ts";

const MIME_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+( *;[\x20-\x7e]*)?$/;

/** The MIME type that a name's extension stands for, else that of the source's kind. */
export async function guessContentType(name: string, ofKind?: string): Promise<string> {
  // Loaded by the first put: it is large.
  const { default: mime } = await import("npm:mime@~4.1.0");
  const fallback = ofKind !== undefined && MIME_TYPE.test(ofKind) ? ofKind : undefined;
  // The library takes a name without a dot for an extension.
  return (/\.[^./]+$/.test(name) ? mime.getType(name) : null) ?? fallback ??
    "application/octet-stream";
}

/**
 * Refuses what is no MIME type.
 *
 * @throws {InvalidOptionError} If it is none.
 */
export function assertContentType(contentType: string): void {
  if (MIME_TYPE.test(contentType)) return;
  throw new InvalidOptionError(
    `Cannot use ${JSON.stringify(contentType)} as contentType: ` +
      'it must be a MIME type such as "text/csv"',
  );
}
