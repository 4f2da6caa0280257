/** The web page: one document, one script, one style sheet. */
import type { Hono } from "npm:hono@~4.13.0";
import type { GuardEnv } from "../guard.ts";

/** Content policy: nothing from other hosts, no foreign scripts, no framing. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "frame-src 'self' blob:",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const DOCUMENT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>chachaml</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body>
<div id="app"></div>
<noscript>This page needs JavaScript. The command line shows the same: chachaml runs</noscript>
</body>
</html>
`;

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<rect width="16" height="16" rx="3" fill="#2b59c3"/>
<path d="M3 3v10h10" fill="none" stroke="#fff" stroke-opacity=".6" stroke-width="1.4"/>
<path d="M5 4.5c.8 4.5 2.5 5.8 8 6.2" fill="none" stroke="#fff" stroke-width="1.8"/>
</svg>`;

/** A file of the page, ready to send. */
interface File {
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly tag: string;
}

const FILES: Readonly<Record<string, readonly [type: string, load: () => Promise<string>]>> = {
  "/": ["text/html; charset=utf-8", () => Promise.resolve(DOCUMENT)],
  "/page.js": [
    "text/javascript; charset=utf-8",
    async () => (await import("./script.ts")).SCRIPT,
  ],
  "/page.css": ["text/css; charset=utf-8", async () => (await import("./style.ts")).STYLE],
  "/favicon.svg": ["image/svg+xml", () => Promise.resolve(ICON)],
};

/** Paths of the page. They disclose nothing of the store, so they need no sign-in. */
export const PAGE_PATHS: readonly string[] = Object.keys(FILES);

/** Adds the files of the page, loaded and compressed on the first request. */
export function addPage(app: Hono<GuardEnv>): void {
  const ready = new Map<string, Promise<File>>();
  for (const path of PAGE_PATHS) {
    app.get(path, async (c) => {
      let file = ready.get(path);
      if (!file) ready.set(path, file = prepare(path));
      return answer(await file, c.req.raw);
    });
  }
}

async function prepare(path: string): Promise<File> {
  const [type, load] = FILES[path]!;
  const plain = new TextEncoder().encode(await load());
  const packed = new Blob([plain]).stream().pipeThrough(new CompressionStream("gzip"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", plain));
  return {
    type,
    plain,
    packed: new Uint8Array(await new Response(packed).arrayBuffer()),
    tag: digest.toHex().slice(0, 32),
  };
}

function answer({ type, plain, packed, tag }: File, request: Request): Response {
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?![.\d]*[1-9]))/i
    .test(request.headers.get("accept-encoding") ?? "");
  const etag = `"${tag}${takesGzip ? "-gz" : ""}"`;
  const headers = new Headers({
    "content-type": type,
    etag,
    "vary": "accept-encoding",
    "cache-control": "no-cache",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "x-dns-prefetch-control": "off",
    "cross-origin-opener-policy": "same-origin",
  });
  const known = request.headers.get("if-none-match")?.split(",").map((text) =>
    text.trim().replace(/^W\//, "")
  );
  if (known?.includes(etag)) return new Response(null, { status: 304, headers });
  const bytes = takesGzip ? packed : plain;
  if (takesGzip) headers.set("content-encoding", "gzip");
  headers.set("content-length", String(bytes.length));
  return new Response(request.method === "HEAD" ? null : bytes, { headers });
}
