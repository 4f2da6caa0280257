/** The HTML of a report around its data. */
import { SCRIPT } from "../page/script.ts";
import { STYLE } from "../page/style.ts";

/** Converts JSON for an element: nothing in it can end the element, or begin a comment. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e");
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

/** Kinds of data in a report. */
export type DataKind = "report" | "run" | "curve" | "file" | "failed";

/** Returns the start of an element with data; `</script>` ends it. */
export function elementStart(kind: DataKind, id: string): string {
  return `<script type="text/plain" data-kind="${kind}" data-id="${escapeText(id)}">`;
}

/** Returns an element with JSON. */
export function dataElement(kind: DataKind, id: string, value: unknown): string {
  return `${elementStart(kind, id)}${escapeJson(value)}</script>\n`;
}

/** Returns the start of a report. Its policy allows only its own script and style. */
export async function documentStart(title: string): Promise<string> {
  // Strings and regular expressions, the only places of these, mean the same with the escape.
  const script = SCRIPT.replaceAll(/<(?=!--|\/?script)/gi, "\\x3c");
  const policy = [
    "default-src 'none'",
    `script-src '${await sourceHash(script)}'`,
    `style-src '${await sourceHash(STYLE)}'`,
    "img-src data: blob:",
    "media-src blob:",
    "frame-src blob:",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
<script type="module">${script}</script>
</head>
<body>
<div id="app"></div>
<noscript>This report needs JavaScript: open it in a browser.</noscript>
`;
}

/** Returns the end of a report. */
export function documentEnd(): string {
  return "</body>\n</html>\n";
}

/** Returns the hash by which a content policy allows an inline script or style. */
async function sourceHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${new Uint8Array(digest).toBase64()}`;
}
