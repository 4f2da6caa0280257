/** Reading the beginning of a file. */
import { request, segment } from "../api.ts";
import { fileUrl, report, reportFile } from "../report/data.ts";

/** The address of a file's bytes, to be saved or shown; empty if a report does not have them. */
export function bytesUrl(id: string, inline = false): string {
  if (report) return fileUrl(id, inline ? shownType(id) : "application/octet-stream") ?? "";
  return `/api/artifacts/${segment(id)}/download${inline ? "?inline=true" : ""}`;
}

/** The type by which a browser shows a file of a report: of documents, HTML and PDF. */
function shownType(id: string): string {
  const { name = "", "content-type": type } = reportFile(id) ?? {};
  if (/\.pdf$/i.test(name)) return "application/pdf";
  if (/\.svg$/i.test(name)) return "image/svg+xml";
  if (/\.html?$/i.test(name)) return "text/html; charset=utf-8";
  return type ?? "application/octet-stream";
}

/** Reads some bytes of a file. */
export async function readBytes(
  id: string,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<ArrayBuffer> {
  if (end <= start) return new ArrayBuffer(0);
  const response = await request(`/api/artifacts/${segment(id)}/download`, {
    headers: { range: `bytes=${start}-${end - 1}` },
    ...signal && { signal },
  });
  return await response.arrayBuffer();
}

/** The beginning of a text. */
export interface Head {
  readonly text: string;
  /** Whether that is all of it. */
  readonly whole: boolean;
  /** Whether it is no text. */
  readonly binary: boolean;
}

/** Reads the beginning of a text of some size. */
export async function readHead(
  id: string,
  size: number,
  most: number,
  signal?: AbortSignal,
): Promise<Head> {
  const bytes = new Uint8Array(await readBytes(id, 0, Math.min(size, most), signal));
  const whole = size <= most;
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = new TextDecoder(utf16 ? "utf-16le" : "utf-8").decode(bytes);
  return {
    // The last line, or character, may have been cut.
    text: whole ? text : text.slice(0, Math.max(text.lastIndexOf("\n"), 0) || text.length),
    whole,
    binary: !utf16 && bytes.subarray(0, 8000).includes(0),
  };
}
