/** Bytes of an artifact as an HTTP response. */
import type { Artifact } from "../artifacts/artifact.ts";
import { withOwnedChunks } from "../base/owned_stream.ts";

/** Options for such a response. */
export interface BytesOptions {
  /** The request, with its range and known entity tags. */
  readonly request: Request;
  /** File name for downloads. */
  readonly fileName: string;
  /**
   * Whether browsers display the bytes instead of saving them, in a sandbox without scripts.
   *
   * @default {false}
   */
  readonly inline?: boolean;
}

/** Policy of shown bytes: a page keeps its own styles and embedded pictures; it fetches nothing. */
const INLINE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
  "font-src data:; frame-ancestors 'self'";

/**
 * Returns a response with the bytes of an artifact, or a range of them. Browsers save them and
 * never execute them, because stored content is untrusted.
 */
export async function artifactResponse(
  artifact: Artifact,
  { request, fileName, inline = false }: BytesOptions,
): Promise<Response> {
  const { size, hash, contentType, createdAt } = artifact;
  const headers = new Headers({
    "accept-ranges": "bytes",
    "etag": `"${hash}"`,
    "last-modified": createdAt.toUTCString(),
    // Another program may have noted anything.
    "content-type": /^[\x21-\x7e][\x20-\x7e]*$/.test(contentType ?? "")
      ? contentType!
      : "application/octet-stream",
    "content-disposition": disposition(fileName, inline),
    "x-content-type-options": "nosniff",
    "content-security-policy": inline ? INLINE_POLICY : "sandbox; default-src 'none'",
    "cache-control": "private, no-cache",
  });
  const known = request.headers.get("if-none-match");
  if (known !== null && matches(known, hash)) return new Response(null, { status: 304, headers });
  const isCurrent = request.headers.get("if-range");
  const range = isCurrent === null || matches(isCurrent, hash)
    ? rangeOf(request.headers.get("range"), size)
    : undefined;
  if (range === "unsatisfiable") {
    headers.set("content-range", `bytes */${size}`);
    return new Response(null, { status: 416, headers });
  }
  const { start, end } = range ?? { start: 0, end: size };
  if (Number.isFinite(end)) headers.set("content-length", String(end - start));
  if (range) headers.set("content-range", `bytes ${start}-${end - 1}/${size}`);
  const body = request.method === "HEAD"
    ? null
    : await opened(artifact.stream(range ? { start, end } : {}));
  return new Response(body, { status: range ? 206 : 200, headers });
}

/**
 * A stream whose first piece has been read: bytes that are missing or damaged at once are an error that
 * can still be answered.
 */
async function opened(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const reader = stream.getReader();
  let next: ReadableStreamReadResult<Uint8Array<ArrayBuffer>> | undefined = await reader.read();
  return withOwnedChunks(
    new ReadableStream({
      async pull(controller) {
        const { value, done } = next ?? await reader.read();
        next = undefined;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 }),
  );
}

function matches(header: string, hash: string): boolean {
  return header.split(",").some((tag) => {
    const text = tag.trim().replace(/^W\//, "");
    return text === "*" || text === `"${hash}"`;
  });
}

/** Parses a single range; several ranges, or an invalid one, select the whole. */
function rangeOf(
  header: string | null,
  size: number,
): { start: number; end: number } | "unsatisfiable" | undefined {
  if (!Number.isFinite(size)) return undefined;
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (!match || match[1] === "" && match[2] === "") return undefined;
  const [first, last] = [match[1]!, match[2]!];
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  return start >= size ? "unsatisfiable" : { start, end };
}

/** Formats a file name for a header, including non-ASCII names. */
export function disposition(fileName: string, inline: boolean): string {
  const plain = fileName.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(fileName.toWellFormed())
    .replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${inline ? "inline" : "attachment"}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
