/** Previews of text: tables, Markdown, HTML pages, and the first lines of plain text. */
import type { Artifact } from "../artifacts/artifact.ts";
import { formatBytes } from "../text/format.ts";
import type { Preview } from "./preview.ts";
import { csvTable } from "./csv.ts";
import { markup } from "./html.ts";
import { jsonPreview } from "./json.ts";
import { markdownHtml } from "./markdown.ts";
import { oneLine } from "./cells.ts";
import { tableHtml, tableText } from "./table.ts";

/** Maximum number of bytes read. */
export const MAX_TEXT = 256_000;

/** Maximum number of lines and characters of plain text. */
const [MAX_LINES, MAX_CHARACTERS] = [200, 20_000];

/** Maximum number of lines in a console. */
const CONSOLE_LINES = 20;

const TEXTUAL =
  /^text\/|[/+](json|xml|yaml|toml|x-yaml|javascript|typescript|x-sh|sql|x-ndjson|jsonl|ld\+json)$/;

/** Returns a preview of text; `undefined` if the content is binary. */
export async function textPreview(artifact: Artifact, type: string): Promise<Preview | undefined> {
  const { name, size } = artifact;
  if (!TEXTUAL.test(type) && !/\.(log|txt|jsonl|edn|toml|ya?ml|sh)$/i.test(name)) return undefined;
  const bytes = await artifact.bytes({ end: Math.min(size, MAX_TEXT) });
  // NUL bytes indicate binary content.
  if (bytes.subarray(0, 4096).includes(0)) return undefined;
  const whole = bytes.length === size;
  // A character cut in two at the limit is omitted.
  const text = new TextDecoder().decode(bytes, { stream: true });
  const preview = await bySort(type, text, whole);
  if (!preview) return plain(text, size, whole);
  if (whole) return preview;
  const note = markup`<div class="dim">the first ${formatBytes(bytes.length)}</div>`;
  return { ...preview, body: markup`${preview.body}${note}` };
}

async function bySort(type: string, text: string, whole: boolean): Promise<Preview | undefined> {
  if (type === "text/csv" || type === "text/tab-separated-values") {
    const table = await csvTable(text, type, whole);
    return table && { body: tableHtml(table), text: tableText(table) };
  }
  if (type === "application/json") return whole ? jsonPreview(text) : undefined;
  if (type === "text/markdown") return { body: await markdownHtml(text), text: head(text) };
  if (type === "text/html") return { body: page(text), text: head(text) };
}

/** Displays an HTML page in a sandboxed frame: no scripts, no requests. */
function page(text: string): Preview["body"] {
  const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; ` +
    `style-src 'unsafe-inline'; img-src data:">`;
  return markup`<iframe sandbox="" srcdoc="${policy + text}"></iframe>`;
}

function plain(text: string, size: number, whole: boolean): Preview {
  const lines = text.split("\n");
  const shown = lines.slice(0, MAX_LINES).join("\n").slice(0, MAX_CHARACTERS);
  const all = whole && shown.length === text.length;
  const note = all ? undefined : markup`<div class="dim">the head of ${formatBytes(size)}</div>`;
  return { body: markup`<pre>${shown}</pre>${note}`, text: head(text) };
}

/** Returns the first lines, escaped for a terminal. */
function head(text: string): string {
  const lines = text.split("\n");
  const shown = lines.slice(0, CONSOLE_LINES).map((line) => oneLine(line.slice(0, 200)));
  return [...shown, ...lines.length > CONSOLE_LINES ? ["…"] : []].join("\n").trimEnd();
}
