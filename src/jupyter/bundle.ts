/** The look that all displays share. */
import { type Html, markup } from "./html.ts";
import type { MediaBundle } from "../display/displayable.ts";

/**
 * Colours are those of the page, thinned out, or middle tones that can be read on light and on dark:
 * a notebook's theme need not be the system's, so no media query tells it.
 */
const STYLE = markup`<style>
.chachaml{font-size:13px;line-height:1.45;color:inherit}
.chachaml h4{margin:.2em 0 .5em;font-size:15px;font-weight:600}
.chachaml h5{margin:.9em 0 .3em;font-size:12px;font-weight:600;opacity:.75}
.chachaml table{border-collapse:collapse;margin:.2em 0;font-size:12px;color:inherit}
.chachaml th,.chachaml td{padding:3px 10px 3px 0;text-align:left;vertical-align:top;
border:0;border-bottom:1px solid rgba(128,128,128,.25);background:none;color:inherit;
max-width:36em;overflow-wrap:anywhere}
.chachaml th{font-weight:600;opacity:.75;white-space:nowrap}
.chachaml .num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.chachaml .dim{opacity:.65}
.chachaml .good{color:#2e9e5b}
.chachaml .bad{color:#d9534f}
.chachaml .busy{color:#3b8fd4}
.chachaml code,.chachaml pre{font-family:ui-monospace,monospace;font-size:12px;
background:none;color:inherit}
.chachaml pre{margin:.4em 0;padding:.5em .7em;max-height:24em;overflow:auto;white-space:pre-wrap;
border:1px solid rgba(128,128,128,.25);border-radius:4px}
.chachaml img,.chachaml audio{max-width:100%;display:block;margin:.4em 0}
.chachaml img{max-height:30em;background:#fff;border-radius:4px}
.chachaml iframe{width:100%;height:24em;border:1px solid rgba(128,128,128,.25);background:#fff}
.chachaml .scroll{max-height:34em;overflow:auto}
.chachaml .curves{display:flex;flex-wrap:wrap;gap:6px 22px}
.chachaml .curves figure{margin:0}
.chachaml figcaption{font-size:12px}
</style>`;

/** Puts HTML and plain text together as what a notebook shows. */
export function bundle(body: Html, text: string): MediaBundle {
  return {
    "text/plain": text.toWellFormed(),
    "text/html": markup`<div class="chachaml">${STYLE}${body}</div>`.source,
  };
}
