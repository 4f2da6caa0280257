/** Styles shared by all displays. */
import { Html, markup } from "./html.ts";
import type { MediaBundle } from "../display/displayable.ts";

/**
 * Class of every display, repeated three times to outrank Jupyter's own table rules such as
 * `:not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon td`.
 */
const ALL = new Html(".chachaml.chachaml.chachaml");

/**
 * Colors inherit from the page or are mid-tones, readable on light and dark. A media query would
 * not help: the theme of a notebook is independent of the system's.
 */
const STYLE = markup`<style>
${ALL}{font-size:13px;line-height:1.45;color:inherit}
${ALL} h4{margin:.2em 0 .5em;font-size:15px;font-weight:600}
${ALL} h5{margin:.9em 0 .3em;font-size:12px;font-weight:600;opacity:.75}
${ALL} table{border-collapse:collapse;margin:.2em 0;font-size:12px;color:inherit;
table-layout:auto;width:auto;border:0}
${ALL} tr{background:none}
${ALL} thead{border:0}
${ALL} th,${ALL} td{padding:3px 10px 3px 0;text-align:left;vertical-align:top;
border:0;border-bottom:1px solid rgba(128,128,128,.25);background:none;color:inherit;
max-width:36em;white-space:normal;word-break:normal;overflow-wrap:break-word}
${ALL} th{font-weight:600;opacity:.75;white-space:nowrap}
${ALL} .num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
${ALL} .dim{opacity:.65}
${ALL} .good{color:#2e9e5b}
${ALL} .bad{color:#d9534f}
${ALL} .busy{color:#3b8fd4}
${ALL} code,${ALL} pre{font-family:ui-monospace,monospace;font-size:12px;
background:none;color:inherit;padding:0}
${ALL} pre{margin:.4em 0;padding:.5em .7em;max-height:24em;overflow:auto;white-space:pre-wrap;
border:1px solid rgba(128,128,128,.25);border-radius:4px}
${ALL} img,${ALL} audio{max-width:100%;display:block;margin:.4em 0}
${ALL} img{max-height:30em;background:#fff;border-radius:4px}
${ALL} iframe{width:100%;height:24em;border:1px solid rgba(128,128,128,.25);background:#fff}
${ALL} .scroll{max-height:34em;overflow:auto}
${ALL} .curves{display:flex;flex-wrap:wrap;gap:6px 22px}
${ALL} .curves figure{margin:0}
${ALL} figcaption{font-size:12px}
${ALL} .legend{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:12px}
</style>`;

/** Combines HTML and plain text into the formats that a notebook displays. */
export function bundle(body: Html, text: string): MediaBundle {
  return {
    "text/plain": text.toWellFormed(),
    "text/html": markup`<div class="chachaml">${STYLE}${body}</div>`.source,
  };
}
