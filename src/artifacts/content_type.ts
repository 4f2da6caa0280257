import mime from "npm:mime@^4.0.0";
import { InvalidOptionError } from "../base/errors.ts";

const MIME_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+( *;[\x20-\x7e]*)?$/;

/** The MIME type that a name's extension stands for, else that of the source's kind. */
export function guessContentType(name: string, ofKind?: string): string {
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
